"""Distributions of times, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ldtrack.local._words import in_time

_STEPS = 20


def histogram(times: Mapping[str, Sequence[int]]) -> tuple[list[str], dict[str, list[int]]]:
    """Count the times of each name in the same steps; gives where each step begins, and the counts by name."""
    everything = [time for values in times.values() for time in values]
    if not everything:
        return [], {name: [] for name in times}
    low, width = min(everything), max(1, -(-(max(everything) - min(everything) + 1) // _STEPS))
    steps = (max(everything) - low) // width + 1
    return [in_time(low + step * width) for step in range(steps)], {
        name: _counted(values, low, width, steps) for name, values in times.items()
    }


def _counted(values: Sequence[int], low: int, width: int, steps: int) -> list[int]:
    counts = [0] * steps
    for value in values:
        counts[int(value - low) // width] += 1
    return counts
