"""Where a client's AI configs come from, for errors that say where to look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary


class Whereabouts(NamedTuple):
    """The cures for what may be wrong with a config, each the end of a sentence."""

    enable: str = "enable it in LaunchDarkly"
    find: str = "check its key, its environment, and that it serves a variation"
    connect: str = "check the SDK key and the network"


_LAUNCHDARKLY = Whereabouts()
_others: WeakKeyDictionary[Any, Callable[[], Whereabouts]] = WeakKeyDictionary()


def note_whereabouts(client: Any, tell: Callable[[], Whereabouts]) -> None:
    """Remember that a client's configs do not come from LaunchDarkly; `tell` is asked when there is an error."""
    _others[client] = tell


def whereabouts_of(client: Any) -> Whereabouts:
    """Return the cures for the configs of a client."""
    tell = _others.get(client)
    return _LAUNCHDARKLY if tell is None else tell()
