"""Calls that belong to another call's run: what they add to it, and what was tracked by hand in them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ldtrack._metrics import add_tokens, outcome_in, read
from ldtrack._tracker import tool_calls_by_hand

if TYPE_CHECKING:
    from ldai.tracker import TokenUsage

    from ldtrack._ending import Ending
    from ldtrack._metrics import Outcome


class Joined:
    """What the calls that joined a run add to it, folded as they end: there may be any number of them."""

    __slots__ = ("any", "first_ns", "outcome", "tokens", "told", "tool_calls")

    def __init__(self) -> None:
        self.any = False
        """Whether a call joined that nobody else counts."""
        self.first_ns: int | None = None
        self.tokens: TokenUsage | None = None
        self.tool_calls: list[str] = []
        self.told = False
        self.outcome: Outcome = "success"
        """What the last stream of the outer call's own says."""

    def add(self, ending: Ending) -> None:
        """Take in a call that ended."""
        self.any |= not ending.idle
        self.told |= ending.told
        self.first_ns = _earlier(self.first_ns, ending.first_ns)
        reading = ending.reading
        if reading is not None:
            self.tokens = add_tokens(self.tokens, reading.tokens)
            self.tool_calls += reading.tool_calls or ()
            if ending.decides:
                self.outcome = outcome_in(reading)


def merged(ending: Ending, joined: Joined, by_hand: list[str] | None) -> Ending:
    """One ending for a call and those that joined it.

    Where joined calls supplied tokens, the outer result is read for its outcome only: it may be one of their
    responses, handed on.

    Args:
        ending: How the call ended.
        joined: What joined it.
        by_hand: The tool calls that the user's code told of; the extractor's are then not counted.
    """
    own = ending.reading
    tokens, tool_calls = (None, None) if own is None else (own.tokens, own.tool_calls)
    if joined.tokens is not None:
        tokens, tool_calls = joined.tokens, None
    names = [*(by_hand or ()), *joined.tool_calls] or tool_calls or ()
    reading = read(joined.outcome if own is None else outcome_in(own), tokens, names)
    reading.duration_ms = None if own is None else own.duration_ms
    first_ns = _earlier(ending.first_ns, joined.first_ns)
    return replace(ending, reading=reading, first_ns=first_ns, told=bool(by_hand) or joined.told)


def with_tracked(ending: Ending, tracker: Any, started_ns: int) -> Ending:
    """The ending of a joined call, with what was tracked by hand on its own tracker, which sends nothing.

    As in any run, what was tracked by hand comes before what ldtrack would add (D4).
    """
    tracked, own = tracker.get_summary(), ending.reading or read()
    by_hand = tool_calls_by_hand(tracker)
    others = (own.tool_calls if ending.told or not by_hand else None) or ()
    outcome = outcome_in(own)
    if tracked.success is not None:
        outcome = "success" if tracked.success else "error"
    reading = read(outcome, tracked.tokens or own.tokens, [*by_hand, *others])
    reading.duration_ms = own.duration_ms if tracked.duration_ms is None else tracked.duration_ms
    first_ms = tracked.time_to_first_token
    return replace(
        ending,
        exc=ending.exc if tracked.success is None else None,
        reading=reading,
        first_ns=ending.first_ns if first_ms is None else started_ns + first_ms * 1_000_000,
        told=ending.told or bool(by_hand),
    )


def _earlier(first: int | None, second: int | None) -> int | None:
    return first if second is None or (first is not None and first < second) else second
