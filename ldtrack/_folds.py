"""Stream extractors for chunks that no provider's reading serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._checked import checked
from ldtrack._faults import fault
from ldtrack._metrics import Extractor, Outcome, add_tokens, outcome_in, read
from ldtrack._names import name_of


class Truthy:
    """Takes a chunk for model output when its truth value is true, or cannot be had (arrays raise)."""

    def feed(self, chunk: Any, /) -> bool:
        """Tell whether the chunk is anything at all."""
        try:
            return bool(chunk)
        except Exception:  # noqa: BLE001 -- whatever an array library raises
            return True

    def result(self) -> LDAIMetrics | None:
        """Nothing can be known of chunks of an unknown type."""
        return None


class Each:
    """Reads every item as a response of its own, and adds them up: the steps of an agent loop."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []
        self._outcome: Outcome = "success"

    def feed(self, response: Any, /) -> bool:
        """Read a whole response, which is output by itself."""
        metrics = self._extractor(response)
        if metrics is not None:
            self._tokens = add_tokens(self._tokens, metrics.tokens)
            self._names += metrics.tool_calls or ()
            self._outcome = outcome_in(metrics)
        return True

    def result(self) -> LDAIMetrics | None:
        """All responses together; the last one's outcome holds."""
        return read(self._outcome, self._tokens, self._names)


class LatestFields:
    """Calls a plain function with each chunk, of whatever type; its latest non-empty fields win."""

    def __init__(self, function: Extractor) -> None:
        self._function = function
        self._latest: LDAIMetrics | None = None

    def over(self, feed: Callable[[Any], bool]) -> Callable[[Any], bool]:
        """Read each chunk with the function; whether it is output, the chunks' own extractor tells."""

        def both(chunk: Any) -> bool:
            metrics = self._read(chunk)
            if metrics is not None:
                self._latest = metrics if self._latest is None else _filled(metrics, self._latest)
            return feed(chunk)

        return both

    def result(self) -> LDAIMetrics | None:
        """The latest fields; None where the function never returned any."""
        return self._latest

    def _read(self, chunk: Any) -> LDAIMetrics | None:
        try:
            return checked(self._function(chunk), self._function)
        except Exception as exc:  # noqa: BLE001 -- an extractor that fails costs only what it would have read
            fault("part", name_of(self._function), exc)
            return None


def _filled(latest: LDAIMetrics, earlier: LDAIMetrics) -> LDAIMetrics:
    """The latest metrics, with what they leave empty taken from the earlier ones."""
    tokens = latest.tokens
    return replace(
        latest,
        tokens=tokens if tokens and (tokens.total or tokens.input or tokens.output) else earlier.tokens,
        tool_calls=latest.tool_calls or earlier.tool_calls,
        duration_ms=earlier.duration_ms if latest.duration_ms is None else latest.duration_ms,
    )
