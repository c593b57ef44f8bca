"""Mistral's SDK, whose one client makes sync and async calls."""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks._made_up import CHAT

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

mistralai: Any = importlib.import_module("mistralai")
if not hasattr(mistralai, "Mistral"):  # since mistralai 2
    mistralai = importlib.import_module("mistralai.client")


@contextmanager
def _client(root: str) -> Generator[Any]:
    with mistralai.Mistral(api_key="any", server_url=root) as client:
        yield client.chat


@asynccontextmanager
async def _async_client(root: str) -> AsyncGenerator[Any]:
    async with mistralai.Mistral(api_key="any", server_url=root) as client:
        yield SimpleNamespace(complete=client.chat.complete_async, stream=client.chat.stream_async)


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Make the call."""
    return (client.stream if case.streaming else client.complete)(**CHAT)


SDK = Sdk(name="mistralai", packages=("mistralai",), client=_client, async_client=_async_client, ask=ask)
