"""Whole calls through the clients of SDKs that speak OpenAI's format: Groq's, Together's, Writer's (C6, C8, E4)."""

from __future__ import annotations

import json
from operator import attrgetter
from typing import Any, NamedTuple

import pytest

from chat_wire import CALL, CHAT, SSE, USAGE, completion, sse, stream
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

PLAIN = json.dumps(completion("tool_calls", tool_calls=[CALL]))


class Sdk(NamedTuple):
    """An SDK: its module and distribution, its client, the method that asks, and how its service streams."""

    module: str
    distribution: str
    client: str
    ask: str
    stream: list[str]

    def opened(self, url: str, prefix: str = "") -> Any:
        """Make a client of a loopback server."""
        return getattr(needs(self.module, self.distribution), prefix + self.client)(api_key="any", base_url=url)

    def asking(self, client: Any, *, streaming: bool) -> Any:
        """Give the call that asks."""
        return lambda: attrgetter(self.ask)(client)(**CHAT, stream=streaming)


CHATS = "chat.completions.create"
SDKS = [
    # Groq's usage comes without being asked for, in a field of its own.
    Sdk("groq", "groq", "Groq", CHATS, sse(*stream(usage=None, extra={"x_groq": {"id": "req", "usage": USAGE}}))),
    Sdk("together", "together", "Together", CHATS, sse(*stream())),
    Sdk("writerai", "writer-sdk", "Writer", "chat.chat", sse(*stream(), done=False)),
]

pytestmark = [
    pytest.mark.parametrize("sdk", SDKS, ids=lambda sdk: sdk.module),
    pytest.mark.parametrize("streaming", [False, True], ids=["plain", "streamed"]),
]


def served(sdk: Sdk, *, streaming: bool) -> Any:
    """Serve the SDK's answer."""
    return answering(*sdk.stream, content_type=SSE) if streaming else answering(PLAIN)


def test_the_sync_client(sdk, streaming):
    """Plain calls and streams are recorded."""
    with served(sdk, streaming=streaming) as url, sdk.opened(url) as client:
        recorded = track(sdk.asking(client, streaming=streaming))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


@pytest.mark.anyio
async def test_the_async_client(sdk, streaming):
    """Plain calls and streams are recorded."""
    with served(sdk, streaming=streaming) as url:
        async with sdk.opened(url, "Async") as client:
            recorded = await atrack(sdk.asking(client, streaming=streaming))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded
