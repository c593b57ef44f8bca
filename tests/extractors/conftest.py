"""What the extractors' tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics

from ldtrack import Reading, _registry
from ldtrack._switches import switches


@pytest.fixture
def read() -> Callable[[Any], Any]:
    """Read a response with what the registry finds for it; LaunchDarkly's package answers in its own class."""

    def reading(response: Any) -> Any:
        metrics = _registry.find(response).extractor(response)
        return Reading(**vars(metrics)) if type(metrics) is LDAIMetrics else metrics

    return reading


@pytest.fixture
def refusal_is_error() -> Iterator[None]:
    """Count refusals that the model wrote as errors."""
    switches.model_refusal = "error"
    yield
    switches.model_refusal = "success"
