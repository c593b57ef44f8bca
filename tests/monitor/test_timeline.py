"""Tokens over time."""

from __future__ import annotations

from typing import Any

from ldclient import Context

from ldtrack.local._events import EventKey
from ldtrack.monitor._received import ReceivedEvent
from ldtrack.monitor._timeline import STEPS_KEPT, Timeline


def tokens(key: str, count: Any, at_second: float) -> ReceivedEvent:
    """An event with tokens."""
    return ReceivedEvent(key, {"configKey": "chat"}, count, Context.create("u"), int(at_second * 1000))


def test_tokens_are_summed_in_steps_of_ten_seconds() -> None:
    """Both kinds by themselves, whatever the order in which they arrive; other events are not tokens."""
    timeline = Timeline()
    for event in (
        tokens(EventKey.INPUT_TOKENS, 3, 25),
        tokens(EventKey.OUTPUT_TOKENS, 5, 29.9),
        tokens(EventKey.TOTAL_TOKENS, 8, 29.9),
        tokens(EventKey.INPUT_TOKENS, 1, 19.9),
        tokens(EventKey.OUTPUT_TOKENS, None, 31),
    ):
        timeline.add(event)

    assert [(10_000, 1, 0), (20_000, 3, 5), (30_000, 0, 0)] == list(timeline.points())


def test_the_oldest_steps_are_dropped() -> None:
    """One hour is kept."""
    timeline = Timeline()
    for step in range(STEPS_KEPT + 5):
        timeline.add(tokens(EventKey.INPUT_TOKENS, 1, step * 10))

    assert (STEPS_KEPT, 50_000) == (len(list(timeline.points())), next(iter(timeline.points()))[0])
