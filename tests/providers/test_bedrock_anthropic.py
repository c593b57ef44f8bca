"""Bedrock through Anthropic's SDK, which makes Anthropic's own objects of what it answers (C6, C8, F5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aws_frames import chunk
from bedrock_calls import STREAMED, figures, only_run, track
from bedrock_wire import claude_events
from ldtrack.demo import answering
from needs import needs

needs("boto3")  # signs the requests
bedrock = needs("anthropic.lib.bedrock")

ASKED: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
CACHED = {"input_tokens": 7, "output_tokens": 5, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 40}
CALL = {"type": "tool_use", "id": "t", "name": "get_weather", "input": {}}
MESSAGE = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [CALL], "usage": CACHED}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One event loop will do: the transport is the SDK's, which other tests play on both."""
    return "asyncio"


def options(url: str) -> dict[str, Any]:
    """Return a client's arguments."""
    return {"aws_access_key": "any", "aws_secret_key": "any", "aws_region": "us-east-1", "base_url": url}


def test_f1_messages(local):
    """The whole way, plain and refused: cached tokens come on top of the input."""

    @track(local)
    def ask() -> Any:
        return client.messages.create(**ASKED)

    for stop, outcome in (("tool_use", "success"), ("refusal", "error")):
        local.clear()
        body = json.dumps({**MESSAGE, "stop_reason": stop})
        with answering(body) as url, bedrock.AnthropicBedrock(**options(url)) as client:
            ask()

        assert (outcome, 107, 5, 112, ["get_weather"], False) == figures(only_run(local))


@pytest.mark.parametrize(("dropped", "outcome"), [(0, "success"), (2, "error")])
def test_f5_a_stream(local, dropped, outcome):
    """The whole way: AWS's frames become Anthropic's events; without the last ones the generation broke off."""

    @track(local)
    def ask() -> Any:
        return client.messages.create(**ASKED, stream=True)

    frames = [*map(chunk, claude_events())]
    kept = frames[: len(frames) - dropped]
    with answering(*kept, **STREAMED) as url, bedrock.AnthropicBedrock(**options(url)) as client:
        assert len(kept) == len(list(ask()))

    written = 1 if dropped else 5
    assert (outcome, 7, written, 7 + written, [], True) == figures(only_run(local))


@pytest.mark.anyio
async def test_f2_async(local):
    """The whole way, awaited, plain and as a stream."""

    @track(local)
    async def ask(**more: Any) -> Any:
        return await client.messages.create(**ASKED, **more)

    with answering(json.dumps(MESSAGE)) as url:
        async with bedrock.AsyncAnthropicBedrock(**options(url)) as client:
            await ask()
    assert ("success", 107, 5, 112, ["get_weather"], False) == figures(only_run(local))

    local.clear()
    with answering(*map(chunk, claude_events()), **STREAMED) as url:
        async with bedrock.AsyncAnthropicBedrock(**options(url)) as client:
            assert 6 == len([event async for event in await ask(stream=True)])
    assert ("success", 7, 5, 12, [], True) == figures(only_run(local))
