"""LlamaIndex's models of OpenAI, and agents that use them, the whole way (C6, F5, F6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ldclient import Context

from chat_wire import CALL, SSE, USAGE, chunk, completion, sse, stream
from ldtrack import tracked
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

llms = needs("llama_index.core.llms", "llama-index-core")
agents = needs("llama_index.core.agent.workflow", "llama-index-core")
openai = needs("llama_index.llms.openai", "llama-index-llms-openai")

# Workflows look at all their attributes, pydantic's deprecated ones, too.
LOOKING = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ASKED = [llms.ChatMessage("Weather?")]
TOLD = Recorded("success", 7, 5, ["get_weather"], False)
STREAMED = TOLD._replace(first_token=True)
PLAIN = json.dumps(completion("tool_calls", tool_calls=[CALL]))
JSON = "application/json"
SPOKEN = [chunk(content="hi"), chunk("stop", usage=USAGE)]
CASES = [
    pytest.param("chat", (PLAIN,), JSON, ASKED, TOLD, id="chat"),
    pytest.param("complete", (PLAIN,), JSON, "Weather?", TOLD, id="complete"),
    pytest.param("stream_chat", sse(*stream()), SSE, ASKED, STREAMED, id="a streamed chat"),
    pytest.param("stream_complete", sse(*stream()), SSE, "Weather?", STREAMED, id="a streamed completion"),
]


@contextmanager
def model(*pieces: str, content_type: str) -> Iterator[Any]:
    """Give a model whose server always answers the same."""
    with answering(*pieces, content_type=content_type) as url:
        yield openai.OpenAI(model="gpt-4o", api_key="any", api_base=url, max_retries=0, reuse_client=False)


@pytest.mark.parametrize(("method", "pieces", "content_type", "asked", "expected"), CASES)
def test_models(method, pieces, content_type, asked, expected):
    """Whole answers and streams are read from the provider's own."""
    with model(*pieces, content_type=content_type) as llm:
        assert expected == track(lambda: getattr(llm, method)(asked))


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "pieces", "content_type", "asked", "expected"), CASES)
async def test_models_async(method, pieces, content_type, asked, expected):
    """The same."""
    with model(*pieces, content_type=content_type) as llm:
        assert expected == await atrack(lambda: getattr(llm, f"a{method}")(asked))


@LOOKING
@pytest.mark.parametrize("consume", ["stream", "wait"])
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_f5_an_agents_run(consume, local, anyio_backend):
    """What it gives can be read as a stream of events, or awaited: either ends the run."""
    with model(*sse(*SPOKEN), content_type=SSE) as llm:
        agent = agents.FunctionAgent(tools=[], llm=llm)

        @tracked("assistant", client=local.client, context=Context.create("ada"))
        async def ask() -> Any:
            return agent.run("hi")

        run = await ask()
        if consume == "stream":
            async for _ in run.stream_events():
                pass
        await run

    (recorded,) = local.runs()
    assert ("success", 7, 5) == (recorded.outcome, recorded.input_tokens, recorded.output_tokens)
    assert (consume == "stream") is (recorded.time_to_first_token_ms is not None)


@LOOKING
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.anyio
async def test_c6_an_awaited_agent(anyio_backend):
    """Its output tells the tokens of the last call."""
    with model(*sse(*SPOKEN), content_type=SSE) as llm:
        agent = agents.FunctionAgent(tools=[], llm=llm)

        async def ask() -> Any:
            return await agent.run("hi")

        assert Recorded("success", 7, 5, [], False) == await atrack(ask)
