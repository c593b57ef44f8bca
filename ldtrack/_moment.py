"""The moment of a call: the run and the LaunchDarkly context around it, and whether tracking was on."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager, nullcontext

from ldtrack._context import ambient, current, leave
from ldtrack._muting import environment, is_switched_off, suppressed, suppression, switch


class Moment:
    """What surrounds a call; it can be brought back later, or in another thread."""

    __slots__ = ("context", "muted", "run")

    def __init__(self) -> None:
        self.run = current.get()
        self.context = ambient.get()
        # `is_muted`, spelt out: this is on the way of every call.
        self.muted: bool = suppression.get() or (switch in environment and is_switched_off())
        if self.run is not None and self.run.muted:
            self.muted = True

    @contextmanager
    def entered(self) -> Generator[None, None, None]:
        """Bring the moment back for a block."""
        run, context = current.set(self.run), ambient.set(self.context)
        try:
            with suppressed() if self.muted else nullcontext():
                yield
        finally:
            leave(current, run)
            leave(ambient, context)


CALM = Moment()
CALM.muted, CALM.run, CALM.context = False, None, None  # whatever it is like while this is imported


def now() -> Moment:
    """The moment of a call that is made just now. Around most calls there is nothing: those share one moment."""
    if current.get() is None and ambient.get() is None and not suppression.get() and switch not in environment:
        return CALM
    return Moment()
