"""Version 3 of LangChain's and LangGraph's streams of events: objects that are read in several ways (C8, E, F5)."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import fold
from langgraph_agents import ASKED, Model, agent, core, graph, model, nested, outputs
from ldtrack._metrics import read as reading
from needs import needs

streams = needs("langchain_core.language_models.chat_model_stream", "langchain-core")
runs = needs("langgraph.stream.run_stream", "langgraph")

pytestmark = pytest.mark.filterwarnings("ignore")

WHOLE = ("success", 30, 5, ["weather"], True)
CALL = ("success", 10, 2, ["weather"], True)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """LangChain's agents run on asyncio only."""
    return "asyncio"


def recorded(local: Any) -> Any:
    """Return what was recorded of the only run."""
    (run,) = local.runs()
    began = run.time_to_first_token_ms is not None
    return run.outcome, run.input_tokens, run.output_tokens, run.tool_calls, began


GRAPH_WAYS = {
    "events": list,
    "output": lambda run: run.output,
    "messages": lambda run: [list(message.text) for message in run.messages],
    "interleaved": lambda run: list(run.interleave("messages", "values")),
}


@pytest.mark.parametrize("make", [agent, nested])
@pytest.mark.parametrize("way", GRAPH_WAYS)
def test_f5_a_graphs_run(way, make, local, track):
    """However it is read, it pulls from the graph's one stream."""
    run = track(make().stream_events)(ASKED, version="v3")

    assert isinstance(run, runs.GraphRunStream)
    assert GRAPH_WAYS[way](run) is not None
    assert WHOLE == recorded(local)


async def _texts(run: Any) -> list[str]:
    return [await message.text async for message in run.messages]


async def _events(stream: Any) -> list[Any]:
    return [event async for event in stream]


@pytest.mark.anyio
@pytest.mark.parametrize("read", [_events, _texts, lambda run: run.output()])
async def test_f5_a_graphs_async_run(read, local, track):
    """The same, awaited."""
    run = await track(agent().astream_events)(ASKED, version="v3")

    assert isinstance(run, runs.AsyncGraphRunStream)
    assert await read(run)
    assert WHOLE == recorded(local)


def test_e_a_graphs_run_left_early_is_a_success(local, track):
    """What was read of it counts."""
    with track(agent().stream_events)(ASKED, version="v3") as run:
        for message in run.messages:
            assert message.output.tool_calls
            break

    assert CALL == recorded(local)


@pytest.mark.anyio
async def test_e_an_async_run_that_is_aborted_before_output_has_no_outcome(local, track):
    """Nobody waited for it."""
    run = await track(agent().astream_events)(ASKED, version="v3")
    async for _ in run:
        await run.abort()
        break

    assert (None, None, None, [], False) == recorded(local)


def test_e_an_exception_in_a_node_is_an_error(local, track):
    """The run keeps it for whoever reads."""

    def broken(_state: Any) -> Any:
        msg = "broken"
        raise ValueError(msg)

    builder = graph.StateGraph(graph.MessagesState)
    builder.add_node("node", broken)
    builder.add_edge(graph.START, "node")
    run = track(builder.compile().stream_events)(ASKED, version="v3")
    with pytest.raises(ValueError, match="broken"):
        _ = run.output

    assert "error" == recorded(local)[0]


@pytest.mark.parametrize("nodes", [agent, nested])
def test_c8_a_generator_that_passes_the_events_on(nodes, local, track):
    """They have in them what the graph's stream has."""

    @track
    def ask() -> Any:
        yield from nodes().stream_events(ASKED, version="v3")

    assert list(ask())
    assert WHOLE == recorded(local)


MODEL_WAYS = {
    "events": list,
    "events twice": lambda stream: list(stream) and list(stream),
    "output": lambda stream: stream.output,
    "calls": lambda stream: stream.tool_calls.get(),
}


@pytest.mark.parametrize("way", MODEL_WAYS)
def test_f5_a_models_stream(way, local, track):
    """It keeps its events, and gives them as often as it is asked."""
    stream = track(model().stream_events)("hi", version="v3")

    assert isinstance(stream, streams.ChatModelStream)
    assert MODEL_WAYS[way](stream)
    assert CALL == recorded(local)


async def _awaited(stream: Any) -> Any:
    return await stream


async def _entered(stream: Any) -> Any:
    async with stream:
        return await stream.output


@pytest.mark.anyio
@pytest.mark.parametrize("read", [_events, _awaited, _entered])
async def test_f5_a_models_async_stream(read, local, track):
    """A task feeds it, whether anybody reads or not."""
    stream = await track(model().astream_events)("hi", version="v3")

    assert isinstance(stream, streams.AsyncChatModelStream)
    assert await read(stream)
    assert CALL == recorded(local)


@pytest.mark.anyio
async def test_e_a_models_async_stream_left_early_is_a_success(local, track):
    """Its task is cancelled, which is no failure."""
    async with await track(model().astream_events)("hi", version="v3") as stream:
        async for event in stream:
            if event["event"] == "content-block-delta":
                break

    assert "success" == recorded(local)[0]


class Broken(Model):
    """Breaks off in the middle."""

    def _stream(self, *_args: Any, **_kwargs: Any) -> Any:
        yield outputs.ChatGenerationChunk(message=core.AIMessageChunk("a"))
        msg = "broken"
        raise ValueError(msg)


@pytest.mark.anyio
@pytest.mark.parametrize("read", [_events, _awaited])
async def test_e_a_models_exception_is_an_error(read, local, track):
    """The stream keeps it for whoever reads."""
    with pytest.raises(ValueError, match="broken"):
        await read(await track(Broken(messages=iter([])).astream_events)("hi", version="v3"))
    with pytest.raises(ValueError, match="broken"):
        list(track(Broken(messages=iter([])).stream_events)("hi", version="v3"))

    assert [("error", True)] * 2 == [(run.outcome, run.time_to_first_token_ms is not None) for run in local.runs()]


def delta(kind: str, **fields: Any) -> dict[str, Any]:
    """Return a piece of a block."""
    return {"event": "content-block-delta", "index": 0, "delta": {"type": kind, **fields}}


def finish(**fields: Any) -> dict[str, Any]:
    """Return the end of a message."""
    return {"event": "message-finish", **fields}


@pytest.mark.parametrize(
    ("event", "output"),
    [
        ({"event": "message-start", "role": "ai", "id": "1"}, False),
        ({"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}}, False),
        ({"event": "content-block-start", "index": 0, "content": {"type": "tool_call_chunk", "name": "a"}}, True),
        (delta("text-delta", text="a"), True),
        (delta("text-delta", text=""), False),
        (delta("reasoning-delta", reasoning="a"), True),
        (delta("tool-call-delta", args="{"), True),
        (delta("block-delta", fields={"type": "tool_call_chunk", "args": "{"}), True),
        (delta("block-delta", fields={"type": "reasoning", "signature": "a"}), False),
        (delta("data-delta", data="aGk="), True),
        ({"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": "a"}}, False),
        (finish(), False),
    ],
)
def test_e4_first_output(event, output):
    """Pieces, and the start of a call, which names it; the end of a block only repeats."""
    assert [output] == fold(event)[1]


def test_c8_the_events_of_several_messages_are_added_up():
    """The last one's reason holds; a backend that always tells one broke off without it."""
    start = {"event": "message-start", "metadata": {"provider": "openai"}}
    usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
    first = finish(usage=usage, metadata={"model_provider": "openai", "finish_reason": "content_filter"})
    last = finish(usage=usage, metadata={"model_provider": "openai", "finish_reason": "stop"})
    pieces = [start, delta("text-delta", text="a")]
    twice = reading(tokens=TokenUsage(total=30, input=20, output=10))

    assert "error" == fold(*pieces, first)[0].result().outcome
    assert twice == fold(*pieces, first, *pieces, last)[0].result()
    assert [False, False, True] == [
        fold(*parts)[0].complete for parts in (pieces, [*pieces, finish()], [*pieces, last])
    ]


def test_e_an_error_among_the_events_is_an_error():
    """It comes as a value."""
    broken = {"event": "error", "message": "overloaded"}

    assert "error" == fold(delta("text-delta", text="a"), broken)[0].result().outcome


def test_c8_the_text_of_an_event_can_be_counted():
    """Text, thinking and arguments."""
    events = [
        delta("text-delta", text="a"),
        delta("reasoning-delta", reasoning="b"),
        delta("tool-call-delta", args="c"),
    ]
    extractor, _ = fold(*events)

    assert "abc" == "".join(map(extractor.text, events))
