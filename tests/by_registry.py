"""What the registry's own extractors read of a response, or of a stream's chunks."""

from __future__ import annotations

from typing import Any

from ldtrack import _registry
from ldtrack._metrics import outcome_in


def read(response: Any) -> Any:
    """Read a response."""
    return _registry.find(response).extractor(response)


def told(response: Any) -> tuple[Any, Any, Any]:
    """Read a response: its outcome, its tokens, and the tools it calls."""
    reading = read(response)
    return outcome_in(reading), reading.tokens, reading.tool_calls


def fold(*chunks: Any) -> tuple[Any, list[bool]]:
    """Fold chunks with one stream extractor, and tell which of them were output."""
    extractor = _registry.find_chunk(chunks[0]).extractor()
    return extractor, [extractor.feed(chunk) for chunk in chunks]


def said(*chunks: Any) -> str:
    """Return the output in chunks, as those see it who estimate its tokens."""
    extractor = _registry.find_chunk(chunks[0]).extractor()
    return "".join(extractor.text(chunk) for chunk in chunks if extractor.feed(chunk))
