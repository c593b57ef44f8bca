"""What can be known of one generation: the reading that extractors return, and the rules for its numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage
from typing_extensions import TypeAlias

Outcome: TypeAlias = Literal["success", "error"] | None
"""How a generation ended; None is "neither", which leaves LaunchDarkly's once-only slot free."""

Extractor: TypeAlias = Callable[[Any], LDAIMetrics | None]
"""Reads a response; the same callable that `tracker.track_metrics_of` takes."""


class StreamExtractor(Protocol):
    """Folds the chunks of one stream, keeping counters and never the chunks.

    An extractor whose provider sends a terminal marker also has `complete: bool`: False after the stream was
    drained says that the generation broke off.
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


def read(
    outcome: Outcome = "success", tokens: TokenUsage | None = None, tool_calls: Iterable[str] = ()
) -> Reading:
    """Make a reading whose `success` agrees with its outcome."""
    names = list(tool_calls)
    return Reading(success=outcome == "success", tokens=tokens, tool_calls=names or None, outcome=outcome)


def token_usage(input_: Any, output: Any, total: Any = None) -> TokenUsage | None:
    """Turn a provider's counts into a `TokenUsage`, or None when it said nothing.

    Absent counts come as None, 0, an "unset" object or a float, depending on the SDK: what is falsy counts as
    nothing. The total is input + output where both are known, else what the provider calls total.
    """
    read_in, written = count(input_), count(output)
    both = read_in + written if read_in and written else count(total) or read_in + written
    return TokenUsage(total=both, input=read_in, output=written) if both else None


def count(value: Any) -> int:
    """A provider's count as a whole number; 0 for anything that is not one."""
    if type(value) is int:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value)
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else 0
