"""Endings that come at a bad moment: inside the LaunchDarkly SDK, which may hold a lock that their events need.

The garbage collector runs in whatever thread allocates next, also in one that is just putting an event into the
SDK's queue. Ending a forgotten stream there would wait for that very thread, for ever.
"""

from __future__ import annotations

import os
import sys
import types
from collections import deque
from collections.abc import Callable

# Appending and popping are atomic, and need no lock that this thread could hold.
waiting: deque[Callable[[], None]] = deque()


def postpone(action: Callable[[], None]) -> None:
    """Keep an action for the next good moment: the end of another run, a flush, or the exit."""
    waiting.append(action)


def catch_up() -> None:
    """Do what was postponed."""
    while waiting and not is_inside_sdk():
        try:
            action = waiting.popleft()
        except IndexError:  # pragma: no cover -- another thread took it
            return
        action()


def is_inside_sdk() -> bool:
    """Whether this thread is executing the SDK's code, or a queue's."""
    frame: types.FrameType | None = sys._getframe(1)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- as `inspect` does
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module == "queue" or module.startswith("ldclient"):
            return True
        frame = frame.f_back
    return False


# What waits in the parent process is done there.
if hasattr(os, "register_at_fork"):  # pragma: no branch -- not on Windows
    os.register_at_fork(after_in_child=waiting.clear)
