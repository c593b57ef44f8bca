"""Azure's SDK for model inference (C6, C8)."""

from __future__ import annotations

import json

import pytest
from ldai.tracker import TokenUsage

from by_registry import read
from chat_wire import CALL, CHAT, SSE, TOKENS, chunk, completion, sse, stream
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

inference = needs("azure.ai.inference", "azure-ai-inference")
aio = needs("azure.ai.inference.aio", "azure-ai-inference")
models = needs("azure.ai.inference.models", "azure-ai-inference")
credentials = needs("azure.core.credentials", "azure-core")

PLAIN = completion("tool_calls", tool_calls=[CALL])
ANSWERS = [((json.dumps(PLAIN),), "application/json", False), (sse(*stream()), SSE, True)]
KEY = credentials.AzureKeyCredential("any")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The SDK's async transport is aiohttp's."""
    return "asyncio"


def test_c6_completions():
    """They have OpenAI's fields, behind attributes and keys."""
    assert reading("success", TOKENS, ["get_weather"]) == read(models.ChatCompletions(PLAIN))
    assert reading("error", TOKENS) == read(models.ChatCompletions(completion("content_filter")))
    assert reading() == read(models.ChatCompletions(completion(usage=None)))


def test_c6_embeddings():
    """They count the prompt."""
    value = {"id": "e", "data": [], "model": "m", "usage": {"prompt_tokens": 7, "total_tokens": 7}}

    assert reading(tokens=TokenUsage(7, 7, 0)) == read(models.EmbeddingsResult(value))


def test_c8_streams():
    """Text and calls are output; the usage comes if it was asked for."""
    parsed = [models.StreamingChatCompletionsUpdate(chunk) for chunk in [*stream(), chunk(content=None)]]
    folded = _registry.find_chunk(parsed[0]).extractor()

    assert [False, True, True, False, False] == [folded.feed(chunk) for chunk in parsed]
    assert folded.complete
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()


@pytest.mark.parametrize(("answer", "content_type", "streaming"), ANSWERS)
def test_the_sync_client(answer, content_type, streaming):
    """Plain calls and streams are recorded."""
    with answering(*answer, content_type=content_type) as url, inference.ChatCompletionsClient(url, KEY) as client:
        recorded = track(lambda: client.complete(**CHAT, stream=streaming))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


@pytest.mark.anyio
@pytest.mark.parametrize(("answer", "content_type", "streaming"), ANSWERS)
async def test_the_async_client(answer, content_type, streaming):
    """Plain calls and streams are recorded."""
    with answering(*answer, content_type=content_type) as url:
        async with aio.ChatCompletionsClient(url, KEY) as client:
            recorded = await atrack(lambda: client.complete(**CHAT, stream=streaming))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded
