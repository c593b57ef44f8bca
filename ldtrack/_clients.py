"""Which LaunchDarkly client a call uses: one `LDAIClient` per client and process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, cast

import ldclient
from ldai import LDAIClient
from ldclient import LDClient

from ldtrack._delivery.forks import revive
from ldtrack._delivery.processors import make_confirming
from ldtrack._errors import ConfigurationError
from ldtrack._faults import fault
from ldtrack._local_source import local_source
from ldtrack._names import name_of
from ldtrack._registration import takes
from ldtrack._substitute_clients import careful

ClientSource: TypeAlias = LDClient | LDAIClient | Callable[[], LDClient | LDAIClient]

_NO_CLIENT = (
    "no LaunchDarkly client: call `ldtrack.configure(client=LDClient(Config(sdk_key)))` once at start-up, "
    "or set the SDK's own singleton with `ldclient.set_config(Config(sdk_key))`"
)

# Keyed by identity and holding the key alive, so that an id is never taken for another object's.
ready: dict[int, tuple[Any, LDAIClient]] = {}
_met: dict[int, Any] = {}
"""Every LaunchDarkly client in use, by its identity: also those that only a tracker of the caller's knew."""
when_met: list[Callable[[Any], None]] = [revive, make_confirming]
"""What is done with a client before its first event in this process."""
_locks: dict[str, Any] = {}


def ai_client(source: ClientSource | None) -> LDAIClient:
    """The AI client for what `configure` or `@tracked` was given.

    Raises:
        ConfigurationError: There is no client, or the factory returned something else.
    """
    if source is None:
        source = _singleton()
    made = ready.get(id(source))
    return made[1] if made is not None else _make(source)


def used_clients() -> list[Any]:
    """Every LaunchDarkly client that this process tracked with."""
    return list(_met.values())


def meet(client: Any) -> None:
    """Have the events of a client delivered; to be called before the first is tracked in this process."""
    if id(client) in _met:
        return
    with making():
        if id(client) not in _met:
            for prepare in when_met:
                prepare(client)
            _met[id(client)] = client


def base_client(client: LDAIClient) -> LDClient:
    """The client under an AI client."""
    return client._client  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- the SDK has no public name for it


def identity_of(source: ClientSource | None) -> Any:
    """What stands for the LaunchDarkly client of a source, to compare: the client, or a factory that was not called."""
    if source is None:
        try:
            source = _singleton()
        except ConfigurationError:
            return None
    made = ready.get(id(source))
    known: Any = source if made is None else made[1]
    return base_client(known) if _is_ai_client(known) else known


def check_source(source: Any) -> None:
    """Raise `TypeError` for what can be no client."""
    if source is None or _is_ai_client(source) or _is_client(source):
        return
    if callable(source) and not takes(source, 0):
        msg = f"client= is called without arguments, and {name_of(source)} needs some: pass a client, or a lambda"
        raise TypeError(msg)
    if not callable(source):
        msg = f"client= is an LDClient, an LDAIClient, or a function that makes one, not {type(source).__name__}"
        raise TypeError(msg)


def leave(client: Any) -> None:
    """Hold a client no longer, since it is closed."""
    with making():
        _met.pop(id(client), None)
        for key in [key for key, (_, made) in ready.items() if base_client(made) is client]:
            del ready[key]


def ask_again() -> None:
    """Find the clients anew; those in use stay."""
    with making():
        ready.clear()


def forget() -> None:
    """Drop the clients made so far; factories are called anew. Closes none of them."""
    ready.clear()
    _met.clear()


def making() -> Any:
    """Return the lock under which clients are made; re-entrant, since a factory may itself track.

    Not made before it is needed: gunicorn has gevent replace `threading` in each worker, after this was imported.
    """
    return _locks.get("making") or _locks.setdefault("making", threading.RLock())


def _begin_anew() -> None:
    _locks.clear()  # another thread of the parent may have held it
    forget()


def _singleton() -> ClientSource:
    local: ClientSource | None = local_source()
    if local is not None:
        return local
    try:
        return ldclient.get()
    except Exception as exc:
        raise ConfigurationError(_NO_CLIENT) from exc


def _make(source: ClientSource) -> LDAIClient:
    with making():
        if id(source) not in ready:
            local = local_source()
            is_it = local is None or local is source
            ready[id(source)] = (source, _wrap(source) if is_it else ai_client(local))
        return ready[id(source)][1]


def _wrap(source: Any) -> LDAIClient:
    made = source if _is_ai_client(source) or _is_client(source) else _called(source)
    if _is_ai_client(made):
        meet(base_client(made))
        return cast("LDAIClient", made)
    if _is_client(made):
        meet(made)
        return _ai_client_of(made)
    msg = f"the client factory returned {type(made).__name__}: return an LDClient or an LDAIClient"
    raise ConfigurationError(msg)


def _called(factory: Any) -> Any:
    try:
        return factory()
    except Exception as exc:
        msg = f"the client factory failed ({type(exc).__name__}): make it return an LDClient or an LDAIClient"
        raise ConfigurationError(msg) from exc


def _ai_client_of(client: Any) -> LDAIClient:
    try:
        return LDAIClient(client)
    except Exception as exc:  # noqa: BLE001 -- it announces itself with an event, and events may fail
        fault("event", "LDAIClient", exc)
        return careful(client)


def _is_ai_client(value: object) -> bool:
    return isinstance(value, LDAIClient) or hasattr(type(value), "completion_config")


def _is_client(value: object) -> bool:
    return isinstance(value, LDClient) or (hasattr(type(value), "variation") and hasattr(type(value), "track"))


# A client made before a fork sends nothing in the child, so a factory is asked again there.
if hasattr(os, "register_at_fork"):  # pragma: no branch -- not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
