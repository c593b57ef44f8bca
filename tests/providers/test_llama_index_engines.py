"""LlamaIndex's query and chat engines, whose answers carry streams: the run ends with the stream (F5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ldai import LDAIClient
from ldclient import Context

from ldtrack import track_stream, tracked
from ldtrack._stream_types import is_stream
from needs import needs
from whole_way import Recorded, track

core = needs("llama_index.core", "llama-index-core")
mocks = needs("llama_index.core.llms.mock", "llama-index-core")
engines = needs("llama_index.core.chat_engine", "llama-index-core")
chats = needs("llama_index.core.chat_engine.types", "llama-index-core")
memories = needs("llama_index.core.memory", "llama-index-core")
schema = needs("llama_index.core.base.response.schema", "llama-index-core")
tools = needs("llama_index.core.tools", "llama-index-core")

STREAMED = Recorded("success", None, None, [], True)
CHAT = chats.StreamingAgentChatResponse
ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])
NODE = core.schema.NodeWithScore(node=core.schema.TextNode(text="Sunny."), score=1.0)


def synthesizer() -> Any:
    """Return what a streaming query engine answers with."""
    return core.get_response_synthesizer(llm=mocks.MockLLM(max_tokens=5), streaming=True)


def query() -> Any:
    """Return a query engine's answer, which has its stream in an attribute."""
    return synthesizer().synthesize("Weather?", nodes=[NODE])


async def aquery() -> Any:
    """Return the same of its async method."""
    return await synthesizer().asynthesize("Weather?", nodes=[NODE])


def engine() -> Any:
    """Return a chat engine."""
    memory = memories.ChatMemoryBuffer.from_defaults(token_limit=100)
    return engines.SimpleChatEngine.from_defaults(llm=mocks.MockLLM(max_tokens=5), memory=memory)


def chat() -> Any:
    """Return a chat engine's answer, which makes its stream in a property."""
    return engine().stream_chat("Weather?")


async def achat() -> Any:
    """Return the same of its async method, whose stream comes from a method."""
    return await engine().astream_chat("Weather?")


def drained(answer: Any) -> str:
    """Read an answer's stream."""
    return "".join(answer.response_gen)


def left(answer: Any) -> str:
    """Leave an answer's stream after its first piece."""
    pieces = answer.response_gen
    first: str = next(pieces)
    pieces.close()
    return first


def printed(answer: Any) -> str:
    """Have an answer print its stream."""
    answer.print_response_stream()
    return str(answer)


def whole(answer: Any) -> str:
    """Have an answer make a whole one of itself."""
    text: str = answer.get_response().response
    return text


@pytest.mark.parametrize(
    ("ask", "use"),
    [(query, drained), (query, left), (query, str), (query, printed), (query, whole), (chat, drained), (chat, printed)],
)
def test_f5_answers_that_carry_streams(ask: Callable[[], Any], use: Callable[[Any], str]) -> None:
    """However an answer's stream is read, the run ends with it, and its reader gets what he gets untracked."""
    texts: list[str] = []

    assert STREAMED == track(ask, lambda answer: texts.append(use(answer)))
    assert [use(ask())] == texts


async def adrained(answer: Any) -> str:
    """Read an answer's stream."""
    return "".join([piece async for piece in answer.async_response_gen()])


async def awhole(answer: Any) -> str:
    """Have an answer make a whole one of itself."""
    text: str = (await answer.get_response()).response
    return text


async def aprinted(answer: Any) -> str:
    """Have an answer print its stream."""
    await answer.print_response_stream()
    text: str = answer.response_txt
    return text


async def chat_printed(answer: Any) -> str:
    """Have a chat engine's answer print its stream."""
    await answer.aprint_response_stream()
    return str(answer)


@ASYNCIO
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("ask", "use"), [(aquery, adrained), (aquery, awhole), (aquery, aprinted), (achat, adrained), (achat, chat_printed)]
)
async def test_f5_async_answers_that_carry_streams(ask, use, local, anyio_backend):
    """The same."""
    function = tracked("assistant", client=local.client, context=Context.create("ada"))(ask)
    answer = await function()
    assert [] == local.runs()

    assert await use(await ask()) == await use(answer)
    (run,) = local.runs()
    assert "success" == run.outcome
    assert run.time_to_first_token_ms is not None


def test_f5_what_engines_tell_beside_their_streams():
    """An answer stays of its class, its tools are told, and the exception of what wrote it is an error."""
    source = tools.ToolOutput("get_weather", "fine", raw_input={}, raw_output="fine")
    done = CHAT(sources=[source], chat_stream=iter([]), is_writing_to_memory=False)
    failed = CHAT(exception=ValueError("no"))

    assert STREAMED._replace(tool_calls=["get_weather"], first_token=False) == track(lambda: done, drained)
    with pytest.raises(ValueError, match="no"):
        track(lambda: failed, drained)
    assert CHAT is done.__class__


def test_f5_an_answer_without_a_stream():
    """What was read before is a whole answer, and its run has ended."""
    answer = schema.StreamingResponse(response_gen=None, response_txt="hi")

    assert STREAMED._replace(first_token=False) == track(lambda: answer)
    assert "hi" == str(answer)


def test_a2_wrapping_an_answer(local):
    """`s.wrap()` takes it as any stream."""
    tracker = LDAIClient(local.client).completion_config("assistant", Context.create("ada")).create_tracker()
    with track_stream(tracker) as stream:
        answer = stream.wrap(query())
        drained(answer)

    assert ["success"] == [run.outcome for run in local.runs()]


@pytest.mark.parametrize("kind", [schema.StreamingResponse, schema.AsyncStreamingResponse, CHAT])
def test_b4_functions_that_say_that_they_return_such_an_answer(kind):
    """They are streaming ones."""
    assert is_stream(kind)
