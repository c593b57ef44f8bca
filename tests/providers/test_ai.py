"""Vercel's AI SDK: messages, streams and agents (C6, C8, E4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from by_registry import said
from chat_wire import CALL, SSE, USAGE, chunk, sse
from ldtrack import _registry, tracked
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack

ai = needs("ai")
events = needs("ai.types.events", "ai")
messages = needs("ai.types.messages", "ai")
usages = needs("ai.types.usage", "ai")
protocols = needs("ai.providers.openai.protocol", "ai")

TOKENS = TokenUsage(total=12, input=7, output=5)
USED = usages.Usage(input_tokens=7, output_tokens=5, cache_read_tokens=3)
CALLED = messages.ToolCallPart(tool_call_id="1", tool_name="get_weather", tool_args="{}")
HOSTED = messages.BuiltinToolCallPart(tool_call_id="2", tool_name="web_search", tool_args="{}")
ITEM = ai.ops.Item[list[float]](value=[0.5], usage=USED)
ASKED = [ai.user_message("Weather?")]


def fold(*parts: Any) -> tuple[Any, list[bool]]:
    """Fold events."""
    (factory,) = {_registry.find_chunk(part).extractor for part in parts}
    extractor = factory()
    return extractor.result, [extractor.feed(part) for part in parts]


@pytest.mark.parametrize(
    ("parts", "usage", "expected"),
    [
        ([messages.TextPart(text="hi"), CALLED, HOSTED], USED, reading("success", TOKENS, ["get_weather"])),
        ([messages.TextPart(text="hi")], None, reading()),
    ],
)
def test_c6_messages(parts, usage, expected):
    """Cached tokens are in the input already; what the provider hosts is no tool of the caller's."""
    made = messages.Message(role="assistant", parts=parts, usage=usage)

    assert expected == _registry.find(made).extractor(made)


def test_e4_what_is_output():
    """Text, reasoning, calls and files; not what starts, ends, or repeats an earlier turn."""
    told, fed = fold(
        events.StreamStart(),
        events.TextStart(),
        events.TextDelta(chunk=""),
        events.TextDelta(chunk="hi"),
        events.ReasoningDelta(chunk="hm"),
        events.ToolStart(tool_name="get_weather"),
        events.ToolDelta(chunk="{}"),
        events.ToolEnd(tool_call=CALLED),
        events.ToolEnd(tool_call=CALLED, replay=True),
        events.FileEvent(media_type="image/png", data=b"png"),
        events.StreamEnd(usage=USED, finish_reason="tool_call"),
    )

    assert [False, False, False, True, True, True, True, False, False, True, False] == fed
    assert reading("success", TOKENS, ["get_weather"]) == told()


def test_c8_the_last_usage_of_each_call():
    """Providers tell it several times, as it grows; an agent's calls add up, and the last one's outcome holds."""
    early = usages.Usage(input_tokens=7)
    answered = messages.Message(role="tool", parts=[])
    told, _ = fold(
        events.StreamStart(usage=early),
        events.StreamEnd(usage=USED, finish_reason="content_filter"),
        events.ToolCallResult(message=answered, results=[]),
        events.StreamStart(usage=early),
        events.TextDelta(chunk="hi", usage=USED),
        events.StreamEnd(finish_reason="stop"),
    )

    assert reading("success", TokenUsage(24, 14, 10)) == told()


def within(tool: str, event: Any) -> Any:
    """Return what an agent's run gives for an event of another agent, which a tool asked."""
    return events.PartialToolCallResult(tool_call_id=tool, tool_name="ask", value=event)


def test_c8_agents_that_tools_ask():
    """Their calls are the run's, too, though they come interleaved; whether they fail is the tools' matter."""
    one, other = (messages.Message(role="assistant", parts=[]) for _ in range(2))
    told, fed = fold(
        events.StreamStart(),
        events.StreamEnd(usage=USED, finish_reason="tool_call"),
        within("1", events.StreamStart(message=one)),
        within("2", events.StreamStart(message=other)),
        within("1", events.ToolStart(message=one, tool_name="look")),
        within("2", within("3", events.TextDelta(message=other, chunk="hi", usage=USED))),
        within("1", events.StreamEnd(message=one, usage=USED, finish_reason="error")),
        within("1", "what a tool says"),
    )

    assert [False, False, False, False, True, True, False, False] == fed
    assert reading("success", TokenUsage(36, 21, 15), ["look"]) == told()


def test_c6_a_conversation():
    """Of the messages that a run leaves, those up to the user's last were counted before."""
    said = messages.Message(role="assistant", parts=[CALLED], usage=USED)
    conversation = [*ASKED, said, *ASKED, said, messages.Message(role="tool", parts=[]), said]

    found = _registry.find(conversation)
    assert reading("success", TokenUsage(24, 14, 10), ["get_weather"] * 2) == found.extractor(conversation)


def test_c6_what_is_no_message():
    """Embeddings have their usage beside them."""
    assert reading("success", TOKENS) == _registry.find(ITEM).extractor(ITEM)
    assert reading() == _registry.find(ai.ops.Item(value="")).extractor(ai.ops.Item(value=""))


@pytest.mark.parametrize("reason", ["content_filter", "error"])
def test_e_refused_answers(reason):
    """The end tells why; before it, there is what was used so far."""
    started = events.StreamStart(usage=USED)

    assert reading("error", TOKENS) == fold(started, events.StreamEnd(finish_reason=reason))[0]()
    assert reading("success", TOKENS) == fold(started)[0]()


@asynccontextmanager
async def model(*pieces: str) -> AsyncIterator[Any]:
    """Give a model of OpenAI's whose server always answers the same."""
    with answering(*pieces, content_type=SSE) as url:
        provider = ai.get_provider("openai", base_url=url, api_key="any")
        yield ai.Model(id="gpt-4o", provider=provider, protocol=protocols.OpenAIChatCompletionsProtocol())
        await provider.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_stream(anyio_backend):
    """Its events are passed on by the tracked function."""
    async with model(*sse(chunk(content="hi"), chunk(tool_calls=[CALL]), chunk("tool_calls", usage=USAGE))) as asked:

        async def answers() -> AsyncIterator[Any]:
            async with ai.stream(asked, ASKED) as stream:
                async for event in stream:
                    yield event

        assert Recorded("success", 7, 5, ["get_weather"], True) == await atrack(answers)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_the_streams_own_object(anyio_backend):
    """A stream object is followed as it is."""
    async with model(*sse(chunk(content="hi"), chunk("stop", usage=USAGE))) as asked, ai.stream(asked, ASKED) as stream:

        async def answers() -> Any:
            return stream

        assert Recorded("success", 7, 5, [], True) == await atrack(answers)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("run", [ai.stream, lambda *asked: ai.Agent().run(*asked)])
async def test_f5_contexts_that_nobody_entered_yet(run, local, anyio_backend):
    """They come back as they are, and the run is that of the stream in them, if there ever is one."""
    async with model(*sse(chunk(content="hi"), chunk("stop", usage=USAGE))) as asked:

        @tracked("assistant", client=local.client, context=Context.create("ada"))
        def answer() -> Any:
            return run(asked, ASKED)

        answer()
        assert [] == local.runs()

        async with answer() as stream:
            async for _ in stream:
                pass

    (recorded,) = local.runs()
    assert ("success", 7, 5) == (recorded.outcome, recorded.input_tokens, recorded.output_tokens)
    assert recorded.time_to_first_token_ms is not None


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_agent(anyio_backend):
    """A run of an agent is one more stream."""
    async with (
        model(*sse(chunk(content="hi"), chunk("stop", usage=USAGE))) as asked,
        ai.Agent().run(asked, ASKED) as stream,
    ):

        async def answers() -> Any:
            return stream

        assert Recorded("success", 7, 5, [], True) == await atrack(answers)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_whole_message(anyio_backend):
    """It is read as it is returned; the SDK streams it behind the scenes."""
    async with model(*sse(chunk(tool_calls=[CALL]), chunk("tool_calls", usage=USAGE))) as asked:
        recorded = await atrack(lambda: ai.experimental_generate(asked, ASKED))

    assert Recorded("success", 7, 5, ["get_weather"], False) == recorded


def test_c6_text_whose_tokens_are_estimated():
    """Text, thoughts and arguments, also of agents that tools ask."""
    parts = [
        events.TextDelta(chunk="hi"),
        events.ReasoningDelta(chunk=" hm"),
        within("1", events.ToolDelta(chunk="{}")),
    ]

    assert "hi hm{}" == said(*parts, events.ToolStart(tool_name="look"))
