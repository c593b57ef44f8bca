"""A clock that tests set."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from time import perf_counter_ns
from types import ModuleType
from typing import Any

_MS = 1_000_000


class Clock:
    """The clock of every run, standing still until it is told to go on. Times come out to the millisecond.

    Only durations and times to first token follow it: deadlines, sleeps and the events' time stamps do not.

    ```python
    with Clock().used() as clock:
        stream = answer("Is a helmet included?")
        clock.tick(ms=80)
        next(stream)
    ```
    """

    def __init__(self) -> None:
        self._now_ns = _MS  # 0 is what a run has that never started

    def tick(self, *, ms: float) -> None:
        """Let time go by.

        Raises:
            ValueError: Back in time.
        """
        if ms < 0:
            raise ValueError(f"a clock cannot be turned back: ms={ms}")
        self._now_ns += round(ms * _MS)

    @contextmanager
    def used(self) -> Generator[Clock, None, None]:
        """Have all of ldtrack look at this clock during a block, in every thread."""
        looking = list(_modules_with_clock())
        for module in looking:
            _set(module, lambda: self._now_ns)
        try:
            yield self
        finally:
            for module in looking:
                _set(module, perf_counter_ns)


def _modules_with_clock() -> Iterator[ModuleType]:
    for name, module in list(sys.modules.items()):
        if name.startswith("ldtrack._") and getattr(module, "clock", None) is perf_counter_ns:
            yield module


def _set(module: Any, clock: Any) -> None:
    module.clock = clock
