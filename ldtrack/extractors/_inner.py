"""What is inside other objects, and may be any provider's: read with whatever the registry knows of it."""

from __future__ import annotations

from typing import Any

from ldai.providers.types import LDAIMetrics

from ldtrack._metrics import outcome_in, read
from ldtrack._registration import Registration


def known(value: Any) -> Registration | None:
    """What reads a response."""
    from ldtrack import _registry

    return _registry.find(value)


def known_chunk(value: Any) -> Registration | None:
    """What reads the stream that a chunk is of."""
    from ldtrack import _registry

    return _registry.find_chunk(value)


def read_inner(response: Any) -> LDAIMetrics | None:
    """Read a response; None where nobody knows it, or it tells nothing."""
    found = known(response)
    return None if found is None or found.extractor is None else found.extractor(response)


def without_tools(response: Any) -> LDAIMetrics | None:
    """Read a response whose tool call is the schema that was asked for, and no tool."""
    reading = read_inner(response)
    return None if reading is None else read(outcome_in(reading), reading.tokens)
