"""Extractors of third-party packages, found by the entry-point group `ldtrack.extractors`."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from importlib.metadata import EntryPoint, entry_points

from ldtrack._log import warn_once
from ldtrack._registration import takes

GROUP = "ldtrack.extractors"

source: ContextVar[str | None] = ContextVar("ldtrack_registration_source", default=None)
"""The entry point that is registering right now."""

_PATIENCE_SECONDS = 10.0


class EntryPoints:
    """Loads the entry points once, at the first look-up that needs them.

    An entry point names a function that registers, which is called without arguments; or a module, or anything
    else that is not callable, whose import registers.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._begun = False
        self._done = False

    def load(self) -> None:
        """Load all, unless that was done; one that fails is reported and skipped."""
        # A thread that looks something up while a module is being imported must not wait forever for the thread
        # that loads, which may be waiting for that very module.
        if self._done or not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            return
        try:
            if not self._begun:
                self._begun = True
                for entry_point in entry_points(group=GROUP):
                    _load(entry_point)
            self._done = True
        finally:
            self._lock.release()


def _load(entry_point: EntryPoint) -> None:
    name, value = entry_point.name, entry_point.value
    token, trouble = source.set(name), "which cannot be imported"
    try:
        loaded = entry_point.load()
        trouble = "which failed" if takes(loaded, 0) else "which takes arguments: name a function that registers"
        if callable(loaded):
            loaded()
    except Exception as exc:  # noqa: BLE001 -- somebody else's package must not break the user's call
        site, message = f"{name} = {value}", "entry point %s names %s, %s, so its extractors are not used"
        warn_once("entry point", site, message, name, value, trouble, exc=exc)
    finally:
        source.reset(token)
