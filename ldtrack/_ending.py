"""From how a call ended to the figures that are recorded of it."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING

from ldtrack import _settings
from ldtrack._metrics import combined, outcome_in
from ldtrack._outcome import outcome_of

if TYPE_CHECKING:
    from ldai.providers.types import LDAIMetrics
    from ldai.tracker import TokenUsage

    from ldtrack._metrics import Outcome
    from ldtrack._plan import Plan


@dataclass
class Ending:
    """How a call ended, and what could be read of it."""

    exc: BaseException | None = None
    """What left the call; `GeneratorExit` where it was closed."""
    reading: LDAIMetrics | None = None
    first_ns: int | None = None
    """When model output was first seen, on the clock of the process."""
    ended_ns: int | None = None
    unread: type | None = None
    """The type that no extractor was found for."""
    decides: bool = False
    """Whether a failure that was read here is the outer call's too: it is the outer call's own stream."""


@dataclass
class Figures:
    """What a run records: whole milliseconds, and None for what is not known."""

    outcome: Outcome
    duration_ms: int
    time_to_first_token_ms: int | None
    tokens: TokenUsage | None
    tool_calls: list[str] | None


def figures_of(plan: Plan, started_ns: int, ending: Ending, joined: list[Ending] | None) -> Figures:
    """Work out the figures of a run, and of the calls that joined it."""
    ended_ns = ending.ended_ns or clock()
    reading = ending.reading
    first_ns = ending.first_ns
    tokens, tool_calls = (None, None) if reading is None else (reading.tokens, reading.tool_calls)
    read: Outcome = "success" if reading is None else outcome_in(reading)
    if joined:
        first_ns = _first(first_ns, joined)
        tokens, tool_calls = _added_up(tokens, tool_calls, joined)
        if reading is None and any(inner.decides and _failed(inner.reading) for inner in joined):
            read = "error"
    settings = _settings.current
    outcome = outcome_of(
        ending.exc,
        read,
        began=first_ns is not None,
        interrupted=plan.interrupted or settings.interrupted,
        ignore=settings.ignore if plan.ignore is None else plan.ignore,
    )
    supplied = None if reading is None else reading.duration_ms
    return Figures(
        outcome,
        (ended_ns - started_ns) // 1_000_000 if supplied is None else supplied,
        None if first_ns is None else (first_ns - started_ns) // 1_000_000,
        tokens,
        tool_calls,
    )


def _failed(reading: LDAIMetrics | None) -> bool:
    return reading is not None and outcome_in(reading) == "error"


def _first(first_ns: int | None, joined: list[Ending]) -> int | None:
    times = [ending.first_ns for ending in joined if ending.first_ns is not None]
    if first_ns is not None:
        times.append(first_ns)
    return min(times, default=None)


def _added_up(
    tokens: TokenUsage | None, tool_calls: list[str] | None, joined: list[Ending]
) -> tuple[TokenUsage | None, list[str] | None]:
    """Prefer what the joined calls supplied: the outer result may be one of their responses, handed on."""
    inner = combined(ending.reading for ending in joined)
    if inner is None:
        return tokens, tool_calls
    if inner.tokens is not None:
        return inner.tokens, inner.tool_calls
    return tokens, inner.tool_calls or tool_calls
