"""Switching tracking off: `LDTRACK_DISABLED=1`, and `with suppressed():`."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any

from ldtrack._context import leave

_SWITCH = "LDTRACK_DISABLED"
suppression: ContextVar[bool] = ContextVar("ldtrack_suppression", default=False)

# `os.environ.get` of a missing name costs over a microsecond, since it raises inside; this is its own dictionary.
environment: dict[Any, Any] = getattr(os.environ, "_data", {})
switch: Any = os.environ.encodekey(_SWITCH) if hasattr(os.environ, "encodekey") else _SWITCH


def is_muted() -> bool:
    """Whether runs that start now send nothing."""
    return suppression.get() or (switch in environment and is_switched_off())


def is_switched_off() -> bool:
    """What the environment variable says, where it is set."""
    return os.environ.get(_SWITCH, "").strip().lower() not in ("", "0", "false", "no", "off")


@contextmanager
def switched_on() -> Generator[None, None, None]:
    """Leave out what the environment variable says, for a block."""
    said = os.environ.pop(_SWITCH, None)
    try:
        yield
    finally:
        if said is not None:
            os.environ.setdefault(_SWITCH, said)


class suppressed:  # noqa: N801 -- reads as a verb: `with suppressed():`
    """Send no metrics of the runs that start in a block; works with `with` and `async with`.

    Configs are still evaluated, and a disabled one still stops the call.
    """

    def __init__(self) -> None:
        self._tokens: list[Token[bool]] = []

    def __enter__(self) -> None:
        self._tokens.append(suppression.set(True))

    def __exit__(self, *_exc: object) -> None:
        leave(suppression, self._tokens.pop())

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, *_exc: object) -> None:
        self.__exit__()


def mute(tracker: Any) -> Any:
    """Make a tracker keep its summary and send nothing."""
    # Replacing the client is the one way that holds for every method the SDK has or will have.
    tracker._ld_client = Silence()  # noqa: SLF001 -- the SDK has no public way
    return tracker


def is_mute(tracker: Any) -> bool:
    """Whether a tracker sends nothing."""
    return isinstance(getattr(tracker, "_ld_client", None), Silence)


class Silence:
    """Stands for the client of a muted tracker."""

    def track(self, *_args: Any, **_kwargs: Any) -> None:
        """Send nothing."""
