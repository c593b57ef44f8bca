"""How many tokens were counted when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from ldtrack.local._events import CustomEvent, EventKey, number

SECONDS_A_STEP = 10
STEPS_KEPT = 360
"""One hour."""

Kind: TypeAlias = Literal["input", "output"]

_KINDS: dict[str, Kind] = {EventKey.INPUT_TOKENS: "input", EventKey.OUTPUT_TOKENS: "output"}
_STEP_MS = SECONDS_A_STEP * 1000


class Timeline:
    """Sums of tokens per step of time, by when they were tracked; the oldest steps are dropped."""

    def __init__(self) -> None:
        self._steps: dict[int, dict[Kind, int]] = {}

    def add(self, event: CustomEvent) -> None:
        """Count the tokens of an event, if it has any."""
        kind = _KINDS.get(event.key)
        if kind is None:
            return
        step = self._steps.setdefault(event.timestamp // _STEP_MS, {"input": 0, "output": 0})
        step[kind] += number(event)
        if len(self._steps) > STEPS_KEPT:
            del self._steps[min(self._steps)]

    def points(self) -> Iterator[tuple[int, int, int]]:
        """Give the steps in order: milliseconds since 1970, input tokens, output tokens."""
        for step in sorted(self._steps):
            yield step * _STEP_MS, self._steps[step]["input"], self._steps[step]["output"]
