"""Ollama's SDK."""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks._made_up import CHAT

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

ollama: Any = importlib.import_module("ollama")

_ENDPOINTS: Mapping[str, Callable[[Any, bool], Any]] = {
    "ollama.chat": lambda client, stream: client.chat(**CHAT, stream=stream),
    "ollama.generate": lambda client, stream: client.generate("recorded", "Go on.", stream=stream),
    "ollama.embed": lambda client, _stream: client.embed("recorded", "any text"),
}


@asynccontextmanager
async def _async_client(root: str) -> AsyncGenerator[Any]:
    client = ollama.AsyncClient(root)
    try:
        yield client
    finally:
        await client.close()


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Make the call."""
    return _ENDPOINTS[case.endpoint](client, case.streaming)


SDK = Sdk(
    name="ollama",
    packages=("ollama",),
    client=lambda root: closing(ollama.Client(root)),
    async_client=_async_client,
    ask=ask,
)
