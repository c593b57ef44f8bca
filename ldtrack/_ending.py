"""From how a call ended to the figures that are recorded of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING

from ldtrack import _settings
from ldtrack._metrics import combined, outcome_in, read
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
    streamed: bool = False
    """Whether the type is that of a stream's chunks."""
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
    told: bool = False
    """Whether the user's code told of the tool calls, so that they are sent beside those it tracked itself."""


def figures_of(
    plan: Plan, started_ns: int, ending: Ending, joined: list[Ending] | None, by_hand: list[str] | None
) -> Figures:
    """Work out the figures of a run, and of the calls that joined it.

    Args:
        plan: The function's plan.
        started_ns: When the function's own code began.
        ending: How it ended.
        joined: The endings of the calls that joined.
        by_hand: The tool calls that the user's code told of; the extractor's are then not counted.
    """
    if joined or by_hand:
        ending = merged(ending, joined, by_hand)
    elapsed_ms = ((ending.ended_ns or clock()) - started_ns) // 1_000_000
    first_ms = None if ending.first_ns is None else (ending.first_ns - started_ns) // 1_000_000
    reading = ending.reading
    if reading is None:
        return Figures(_outcome(plan, ending, "success"), elapsed_ms, first_ms, None, None)
    outcome = outcome_in(reading)
    if ending.exc is not None:
        outcome = _outcome(plan, ending, outcome)
    if reading.duration_ms is not None:
        elapsed_ms = reading.duration_ms
    return Figures(outcome, elapsed_ms, first_ms, reading.tokens, reading.tool_calls, bool(by_hand))


def _outcome(plan: Plan, ending: Ending, read: Outcome) -> Outcome:
    settings = _settings.current
    return outcome_of(
        ending.exc,
        read,
        began=ending.first_ns is not None,
        interrupted=plan.interrupted or settings.interrupted,
        ignore=settings.ignore if plan.ignore is None else plan.ignore,
    )


def merged(ending: Ending, joined: list[Ending] | None, by_hand: list[str] | None) -> Ending:
    """One ending for a call and those that joined it.

    Where joined calls supplied tokens, the outer result is read for its outcome only: it may be one of their
    responses, handed on.
    """
    own = ending.reading
    inner = combined(other.reading for other in joined or ())
    tokens, tool_calls = (None, None) if own is None else (own.tokens, own.tool_calls)
    if inner is not None and inner.tokens is not None:
        tokens, tool_calls = inner.tokens, None
    inner_names = (None if inner is None else inner.tool_calls) or ()
    names = [*(by_hand or ()), *inner_names] or tool_calls or ()
    outcome = _outcome_with(own, joined)
    reading = read(outcome, tokens, names)
    reading.duration_ms = None if own is None else own.duration_ms
    times = [time for other in (ending, *(joined or ())) if (time := other.first_ns) is not None]
    return replace(ending, reading=reading, first_ns=min(times, default=None))


def _outcome_with(own: LDAIMetrics | None, joined: list[Ending] | None) -> Outcome:
    if own is not None:
        return outcome_in(own)
    decisive = [other.reading for other in joined or () if other.decides and other.reading is not None]
    return outcome_in(decisive[-1]) if decisive else "success"
