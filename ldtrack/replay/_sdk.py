"""What the replay has to know of an SDK."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

Kind: TypeAlias = Literal["plain", "stream", "helper"]
"""What a call gives: a finished response, a stream, or the manager of one."""

Ask: TypeAlias = Callable[[str, Any, "Case"], Any]
"""Makes a case's call in the way that a driver names, with a client: `ask(driver, client, case)`."""


def kind_of(driver: str, case: Case) -> Kind:
    """What most drivers' calls give."""
    if driver.endswith("_stream_helper"):
        return "helper"
    return "stream" if case.streaming else "plain"


def nothing(_case: Case) -> Collection[str]:
    """What most SDKs' objects keep to themselves."""
    return ()


def itself(result: Any) -> Any:
    """The stream is what the call returned."""
    return result


@dataclass(frozen=True)
class Sdk:
    """How recorded calls are made with one SDK."""

    name: str
    packages: tuple[str, ...]
    """The top-level packages of the exceptions that are its own."""
    client: Callable[[str], AbstractContextManager[Any]]
    """Opens a client of a server at this URL, without retries; with any API key."""
    async_client: Callable[[str], AbstractAsyncContextManager[Any]] | None
    """The same for async calls; None where the SDK has none."""
    ask: Ask
    """Makes the call. With an async client it gives an awaitable, or at once an async iterator."""
    chunks: Callable[[Any], Any] = field(default=itself)
    """Where the stream is in what a call returned."""
    kind: Callable[[str, Case], Kind] = field(default=kind_of)
    unseen: Callable[[Case], Collection[str]] = field(default=nothing)
    """What the SDK's object does not carry of a case: `input`, `output`, `total`, `tool_calls`, `ttft_expected`."""
