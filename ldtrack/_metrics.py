"""What can be known of one generation: the reading that extractors return, and the rules for its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

Outcome: TypeAlias = Literal["success", "error"] | None
"""How a generation ended; None is "neither", which leaves LaunchDarkly's once-only slot free."""

Extractor: TypeAlias = Callable[[Any], LDAIMetrics | None]
"""Reads a response; the same callable that `tracker.track_metrics_of` takes."""


class StreamExtractor(Protocol):
    """Folds the chunks of one stream, keeping counters and never the chunks.

    An extractor whose provider sends a terminal marker also has `complete: bool`: False after the stream was
    drained says that the generation broke off. One with `sums_up = True` tells of the whole stream, so that its tokens
    go before those of the chunks that other extractors read.
    """

    def feed(self, chunk: Any, /) -> bool:
        """Take the next chunk; True when it carried model output (text, reasoning, a tool-call delta)."""
        ...  # pragma: no cover

    def result(self) -> LDAIMetrics | None:
        """What is known so far; called once, at the end."""
        ...  # pragma: no cover


StreamExtractorFactory: TypeAlias = Callable[[], StreamExtractor]


@dataclass
class Reading(LDAIMetrics):
    """An `LDAIMetrics` whose outcome can also be neither (a queued background response, say)."""

    outcome: Outcome = "success"
    usage_option: str | None = field(default=None, compare=False)
    """The option with which the tokens would have been asked for: they are not told unasked."""


def read(outcome: Outcome = "success", tokens: TokenUsage | None = None, tool_calls: Iterable[str] = ()) -> Reading:
    """Make a reading whose `success` agrees with its outcome."""
    names = list(tool_calls)
    return Reading(outcome == "success", tokens, names or None, None, outcome)


def outcome_in(metrics: LDAIMetrics) -> Outcome:
    """The outcome that any extractor's metrics tell."""
    if isinstance(metrics, Reading) and metrics.outcome != "success":
        return metrics.outcome
    return "success" if metrics.success else "error"


def token_usage(input_: Any, output: Any, total: Any = None) -> TokenUsage | None:
    """Turn a provider's counts into a `TokenUsage`, or None when it said nothing.

    Absent counts come as None, 0, an "unset" object or a float, depending on the SDK: what is falsy counts as
    nothing. The total is input + output where both are known, else what the provider calls total.
    """
    read_in, written = count(input_), count(output)
    both = read_in + written
    if not read_in or not written:
        both = count(total) or both
    return TokenUsage(both, read_in, written) if both else None


def count(value: Any) -> int:
    """A provider's count as a whole number; 0 for anything that is not one."""
    if type(value) is int and value >= 0:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < math.inf:
        return int(value)
    return 0


def add_tokens(first: TokenUsage | None, second: TokenUsage | None) -> TokenUsage | None:
    """The tokens of two generations together."""
    if first is None or second is None:
        return first or second
    return TokenUsage(
        total=first.total + second.total, input=first.input + second.input, output=first.output + second.output
    )


def combined(parts: Iterable[LDAIMetrics | None]) -> LDAIMetrics | None:
    """Make one reading of several, in the order in which they ended: counts add up, the last one's outcome holds."""
    known = [part for part in parts if part is not None]
    if len(known) <= 1:
        return known[0] if known else None
    tokens: TokenUsage | None = None
    for part in known:
        tokens = add_tokens(tokens, part.tokens)
    reading = read(outcome_in(known[-1]), tokens, [name for part in known for name in part.tool_calls or ()])
    reading.duration_ms = next((part.duration_ms for part in reversed(known) if part.duration_ms is not None), None)
    return reading


def with_tokens(seen: LDAIMetrics | None, tokens: TokenUsage | None) -> LDAIMetrics | None:
    """What was seen, with tokens from elsewhere."""
    if tokens is None:
        return seen
    return read("success", tokens) if seen is None else read(outcome_in(seen), tokens, seen.tool_calls or ())


def with_final(counted: LDAIMetrics | None, final: LDAIMetrics | None) -> LDAIMetrics | None:
    """What the chunks told, with the counts that the stream object keeps itself in their place."""
    if counted is None or final is None:
        return counted if final is None else final
    outcome = "error" if outcome_in(counted) == "error" else outcome_in(final)
    return read(outcome, final.tokens or counted.tokens, final.tool_calls or counted.tool_calls or ())


def ended_by(seen: LDAIMetrics | None, told: LDAIMetrics | None) -> LDAIMetrics | None:
    """What was seen, and what the exception tells: of one generation, so that nothing counts twice."""
    if seen is None or told is None:
        return told if seen is None else seen
    tokens = None if seen.tokens else told.tokens
    return combined([seen, read(outcome_in(told), tokens, () if seen.tool_calls else told.tool_calls or ())])


def sums_up(extractor: StreamExtractor) -> bool:
    """Whether what an extractor tells is of the whole stream, also of the chunks that others read."""
    return getattr(extractor, "sums_up", False) is True
