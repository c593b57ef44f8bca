"""The file with the configs, followed while the monitor runs."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import anyio

from ldtrack.local._configs import flags_of
from ldtrack.monitor._served import ServedFlags

_INTERVAL_SECONDS = 0.25


class ConfigFile:
    """Serves what a file holds. A broken file changes nothing: the last good configs stay.

    Raises:
        ValueError: The file is broken from the start.
    """

    def __init__(self, path: str | os.PathLike[str], flags: ServedFlags) -> None:
        self.path = Path(path)
        self.problem: str | None = None
        """What is wrong with the file as it is now, if anything."""
        self._flags = flags
        self._seen = self._state()
        flags.replace(flags_of(self.path, unchecked=False))

    async def follow(self, tell: Callable[[str], object]) -> None:
        """Serve each change of the file, and tell of it in a line."""
        while True:
            await anyio.sleep(_INTERVAL_SECONDS)
            state = self._state()
            if state != self._seen:
                self._seen = state
                tell(self._read())

    def _read(self) -> str:
        try:
            self._flags.replace(flags_of(self.path, unchecked=False))
        except (ValueError, RecursionError) as exc:
            self.problem = str(exc)
            return f"{exc}; the last good configs stay"
        self.problem = None
        return f"{self.path} changed; {len(self._flags.keys)} configs are served"

    def _state(self) -> tuple[int, int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
