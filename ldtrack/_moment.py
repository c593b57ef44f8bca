"""The moment of a call: the run and the LaunchDarkly context around it, and whether tracking was on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ldtrack._context import ambient, current, leave
from ldtrack._muting import is_muted


class Moment:
    """What surrounds a call; it can be brought back later, or in another thread."""

    __slots__ = ("context", "muted", "run")

    def __init__(self) -> None:
        self.run = current.get()
        self.context = ambient.get()
        self.muted = is_muted()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Bring the moment back for a block."""
        run, context = current.set(self.run), ambient.set(self.context)
        try:
            yield
        finally:
            leave(current, run)
            leave(ambient, context)
