"""From how a call ended to the figures that are recorded of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING

from ldtrack import _settings
from ldtrack._metrics import outcome_in
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
    option: str | None = None
    """The option with which the tokens would have been asked for: they are not told unasked."""
    told: bool = False
    """Whether the user's code told of the tool calls, so that they are sent beside those it tracked itself."""
    idle: bool = False
    """Whether nothing came of the call, or what came is counted already: only what was added to it is recorded."""


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


def figures_of(plan: Plan, ending: Ending, elapsed_ms: Callable[[int], int]) -> Figures:
    """Work out the figures of a run.

    Args:
        plan: The function's plan.
        ending: How it ended, with what joined it.
        elapsed_ms: The run's clock at a time of the process's.
    """
    duration_ms = elapsed_ms(ending.ended_ns or clock())
    first_ms = None if ending.first_ns is None else elapsed_ms(ending.first_ns)
    reading = ending.reading
    if reading is None:
        return Figures(_outcome(plan, ending, "success"), duration_ms, first_ms, None, None)
    outcome = outcome_in(reading)
    if ending.exc is not None:
        outcome = _outcome(plan, ending, outcome)
    if reading.duration_ms is not None:
        duration_ms = reading.duration_ms
    return Figures(outcome, duration_ms, first_ms, reading.tokens, reading.tool_calls, ending.told)


def _outcome(plan: Plan, ending: Ending, read: Outcome) -> Outcome:
    settings = _settings.current
    return outcome_of(
        ending.exc,
        read,
        began=ending.first_ns is not None and not ending.idle,
        interrupted=plan.interrupted or settings.interrupted,
        ignore=settings.ignore if plan.ignore is None else plan.ignore,
    )
