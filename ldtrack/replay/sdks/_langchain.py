"""LangChain's chat models, which are all called in the same way; the recorded answer comes, whatever was asked."""

from __future__ import annotations

import functools
from collections.abc import AsyncGenerator, Callable, Collection, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Ask, Sdk, nothing

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

MODEL: dict[str, Any] = {"api_key": "any", "model": "recorded", "max_retries": 0, "timeout": 60}
"""What most packages' models are made with."""

PROMPT = "Play what was recorded."


@dataclass(frozen=True)
class Client:
    """Makes the chat model for a kind of call, once."""

    model: Callable[[str], Any]
    """By the call's endpoint."""
    asynchronous: bool


def langchain(
    name: str,
    make: Callable[[str, str], Any],
    packages: tuple[str, ...],
    *,
    ask: Ask | None = None,
    unseen: Callable[[Case], Collection[str]] = nothing,
) -> Sdk:
    """Tell how calls are made with a backend's package.

    Args:
        name: The package.
        make: Makes the model for a server's URL and an endpoint.
        packages: Whose exceptions it raises.
        ask: Makes the call, unless it is that of a chat model.
        unseen: What its messages do not carry of a case.
    """

    @contextmanager
    def client(root: str) -> Generator[Client]:
        yield Client(functools.cache(functools.partial(make, root)), asynchronous=False)

    @asynccontextmanager
    async def async_client(root: str) -> AsyncGenerator[Client]:
        yield Client(functools.cache(functools.partial(make, root)), asynchronous=True)

    return Sdk(name=name, packages=packages, client=client, async_client=async_client, ask=ask or _ask, unseen=unseen)


def _ask(_driver: str, client: Client, case: Case) -> Any:
    model = client.model(case.endpoint)
    if case.streaming:
        return (model.astream if client.asynchronous else model.stream)(PROMPT)
    return (model.ainvoke if client.asynchronous else model.invoke)(PROMPT)
