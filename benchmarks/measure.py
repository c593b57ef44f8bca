"""Measuring two pieces of work beside each other, so that only their ratio counts."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable
from time import thread_time_ns
from typing import Any


def beside(
    works: dict[str, Callable[[], Any]], *, number: int, rounds: int, tidy: Callable[[], Any] = lambda: None
) -> dict[str, list[float]]:
    """Time each piece of work in every round, in turn; nanoseconds of CPU per call, by name.

    Interleaving them lets a noisy moment of the machine hit all of them alike.

    Args:
        works: What to time, by name.
        number: How often to do each in a round.
        rounds: How many rounds to take.
        tidy: Called after each, untimed; forgets the events that were recorded, as a queue's reader would.
    """
    times: dict[str, list[float]] = {name: [] for name in works}
    gc.collect()
    gc.disable()
    try:
        for turn in range(rounds):
            order = list(works.items())
            for name, work in order if turn % 2 else reversed(order):
                begin = thread_time_ns()
                for _ in range(number):
                    work()
                times[name].append((thread_time_ns() - begin) / number)
                tidy()
            gc.collect()
    finally:
        gc.enable()
    return times


def median_ratio(upper: list[float], lower: list[float]) -> float:
    """The median, over the rounds, of one piece's time over the other's."""
    return statistics.median(high / low for high, low in zip(upper, lower))
