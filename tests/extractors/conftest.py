"""What the extractors' tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ldtrack import _registry
from ldtrack._switches import switches


@pytest.fixture
def read() -> Callable[[Any], Any]:
    """Read a response with what the registry finds for it."""
    return lambda response: _registry.find(response).extractor(response)


@pytest.fixture
def refusal_is_error() -> Iterator[None]:
    """Count refusals that the model wrote as errors."""
    switches.model_refusal = "error"
    yield
    switches.model_refusal = "success"
