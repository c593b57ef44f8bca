"""A distribution in a few characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 10


def sparkline(values: Sequence[float], width: int = _WIDTH) -> str:
    """Draw how many values lie where between the lowest (left) and the highest; the lowest bar is none.

    Values that are all the same have no distribution to draw.
    """
    low, high = min(values), max(values)
    if low == high:
        return ""
    per_step = Counter(min(int((value - low) / (high - low) * width), width - 1) for value in values)
    most = max(per_step.values())
    return "".join(_BARS[-(-per_step[step] * (len(_BARS) - 1) // most)] for step in range(width))
