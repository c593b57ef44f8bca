"""Pydantic AI, versions 1 and 2: runs, streamed runs that are read through methods, events and nodes (C6, C8, F5)."""

from __future__ import annotations

import gc
import importlib.metadata
from typing import Any

import pydantic
import pytest
from ldai.tracker import TokenUsage

from by_registry import told
from ldtrack import _registry
from needs import needs

kit = needs("pydantic_ai", "pydantic-ai-slim")
messages = needs("pydantic_ai.messages", "pydantic-ai-slim")
functions = needs("pydantic_ai.models.function", "pydantic-ai-slim")
usages = needs("pydantic_ai.usage", "pydantic-ai-slim")
direct = needs("pydantic_ai.direct", "pydantic-ai-slim")
embeddings = needs("pydantic_ai.embeddings", "pydantic-ai-slim")

pytestmark = pytest.mark.filterwarnings("ignore")

VERSION = int(importlib.metadata.version("pydantic-ai-slim").partition(".")[0])


@pytest.fixture
def anyio_backend() -> str:
    """The kit runs on asyncio only."""
    return "asyncio"


def answer(*parts: Any, reason: str | None = "stop") -> Any:
    """Return a response of 10 tokens in and 5 out."""
    usage = usages.RequestUsage(input_tokens=10, cache_read_tokens=4, output_tokens=5)
    return messages.ModelResponse(parts=list(parts), usage=usage, finish_reason=reason)


def asked(history: list[Any], _info: Any) -> Any:
    """Call the tool, then answer."""
    if len(history) == 1:
        return answer(messages.ToolCallPart("weather", {}), reason="tool_call")
    return answer(messages.TextPart("rain"))


async def streamed(history: list[Any], _info: Any) -> Any:
    """Do the same, in pieces."""
    if len(history) == 1:
        yield {0: functions.DeltaToolCall(name="weather", json_args="{}", tool_call_id="t")}
    else:
        yield "ra"
        yield "in"


def agent() -> Any:
    """Return an agent with a tool."""
    one = kit.Agent(functions.FunctionModel(asked, stream_function=streamed))
    one.tool_plain(weather)
    return one


def weather() -> str:
    """Tell the weather."""
    return "rain"


TWO = TokenUsage(total=30, input=20, output=10)
ONE = TokenUsage(total=15, input=10, output=5)


def figures(local: Any) -> Any:
    """Return what matters here of the only run."""
    (run,) = local.runs()
    return run.outcome, run.tool_calls, bool(run.input_tokens), bool(run.output_tokens)


@pytest.mark.usefixtures("loop")
def test_c6_a_run_has_all_of_its_responses(local, track):
    """The tools are those of this run."""
    result = track(agent().run_sync)("weather?")

    assert isinstance(result, kit.AgentRunResult)
    assert ("success", TWO, ["weather"]) == told(result)
    assert [(20, 10, ["weather"])] == [(run.input_tokens, run.output_tokens, run.tool_calls) for run in local.runs()]
    again = agent().run_sync("and now?", message_history=result.all_messages())
    assert ("success", ONE, None) == told(again)


@pytest.mark.anyio
async def test_c6_an_async_run(local, track):
    """The same, awaited."""
    await track(agent().run)("weather?")

    assert ("success", ["weather"], True, True) == figures(local)


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("reason", ["content_filter", "error"])
def test_e5_a_response_that_failed_is_an_error(reason):
    """Of a model that was asked directly, and of a run."""
    model = functions.FunctionModel(lambda _history, _info: answer(messages.TextPart("x"), reason=reason))

    assert ("error", ONE, None) == told(answer(messages.TextPart("x"), reason=reason))
    assert "error" == told(kit.Agent(model).run_sync("hi"))[0]


def test_c6_a_hosted_tool_has_its_name():
    """As the kit calls it."""
    part = getattr(messages, "NativeToolCallPart", None) or messages.BuiltinToolCallPart

    assert ("success", ONE, ["web_search"]) == told(answer(part("web_search", {})))


class Method:
    """A result of an early version 1, whose usage is a method."""

    def usage(self) -> Any:
        return usages.RunUsage(input_tokens=10, output_tokens=5)

    def new_messages(self) -> list[Any]:
        return []


@pytest.mark.usefixtures("loop")
def test_c6_usage_may_be_a_method():
    """As in version 1."""
    extractor = _registry.find(agent().run_sync("hi")).extractor

    assert ONE == extractor(Method()).tokens


METHODS = ["stream_text", "stream_output", "stream_response" if VERSION > 1 else "stream_responses"]


@pytest.mark.anyio
@pytest.mark.parametrize("method", METHODS)
async def test_f5_a_streamed_run_is_read_through_its_methods(method, local, track):
    """Its counts are final when they have ended."""
    async with agent().run_stream("weather?") as streaming:
        result = track(lambda: streaming)()
        pieces = [piece async for piece in getattr(result, method)(debounce_by=None)]

    assert isinstance(result, type(streaming))
    assert len(pieces) > 1
    assert ("success", ["weather"], True, True) == figures(local)
    assert local.runs()[0].time_to_first_token_ms is not None


@pytest.mark.anyio
async def test_f5_a_returned_run_stream_is_followed_when_it_is_entered(local, track):
    """It is a context that `contextlib` made, and says nothing of streams itself."""
    context = track(lambda: agent().run_stream("weather?"))()

    assert [] == local.runs()
    async with context as streaming:
        pieces = [piece async for piece in streaming.stream_text(debounce_by=None)]

    assert len(pieces) > 1
    assert ("success", ["weather"], True, True) == figures(local)


@pytest.mark.anyio
async def test_f5_a_streamed_run_s_output(local, track):
    """It drains the stream."""
    async with agent().run_stream("weather?") as streaming:
        assert "rain" == await track(lambda: streaming)().get_output()

    assert ("success", ["weather"], True, True) == figures(local)


@pytest.mark.anyio
async def test_f5_the_events_of_a_run(local, track):
    """In version 2 they come from a context manager, in version 1 they may."""
    async with track(agent().run_stream_events)("weather?") as events:
        kinds = [event.event_kind async for event in events]

    assert "agent_run_result" == kinds[-1]
    assert ("success", ["weather"], True, True) == figures(local)
    assert local.runs()[0].time_to_first_token_ms is not None


def events_of(*parts: Any) -> list[Any]:
    """Return events that parts start and end with."""
    start, end = messages.PartStartEvent, messages.PartEndEvent
    return [
        event
        for number, part in enumerate(parts)
        for event in (start(index=number, part=part), end(index=number, part=part))
    ]


def test_c8_events_without_a_result_name_the_tools():
    """As those of a single response."""
    events = [
        *events_of(messages.TextPart(""), messages.ThinkingPart("hm"), messages.ToolCallPart("weather", {})),
        messages.PartDeltaEvent(index=0, delta=messages.TextPartDelta("x")),
        messages.PartDeltaEvent(index=0, delta=messages.TextPartDelta("")),
    ]
    stream = _registry.find_chunk(events[0]).extractor()

    assert [False, False, True, False, True, False, True, False] == [stream.feed(event) for event in events]
    assert (None, ["weather"]) == (stream.result().tokens, stream.result().tool_calls)


@pytest.mark.anyio
async def test_c8_the_nodes_of_a_run(local, track):
    """A generator function that passes them on has their responses."""

    @track
    async def ask() -> Any:
        async with agent().iter("weather?") as run:
            async for node in run:
                yield node

    nodes = [type(node).__name__ async for node in ask()]

    assert ["UserPromptNode", "ModelRequestNode", "CallToolsNode"] == nodes[:3]
    assert [("success", 20, 10, ["weather"])] == [
        (run.outcome, run.input_tokens, run.output_tokens, run.tool_calls) for run in local.runs()
    ]


@pytest.mark.anyio
async def test_f5_a_run_that_is_iterated(local, track):
    """It keeps its own counts."""
    async with agent().iter("weather?") as run:
        _ = [node async for node in track(lambda: run)()]

    assert ("success", ["weather"], True, True) == figures(local)


def test_c8_a_response_that_grows():
    """The latest one counts; an empty one is no output."""
    stream = _registry.find_chunk(answer()).extractor()

    assert stream.result() is None
    assert [False, True] == [stream.feed(answer()), stream.feed(answer(messages.TextPart("x")))]
    assert ONE == stream.result().tokens


@pytest.mark.anyio
@pytest.mark.parametrize("by_keyword", [False, True])
async def test_f5_a_run_that_is_driven_node_by_node(by_keyword, local, track):
    """It is never iterated, so that what `next` gives are its steps."""
    async with track(agent().iter)("weather?") as run:
        node = run.next_node
        while hasattr(node, "run"):
            node = await (run.next(node=node) if by_keyword else run.next(node))

    assert "rain" == run.result.output
    assert ("success", ["weather"], True, True) == figures(local)
    assert local.runs()[0].time_to_first_token_ms is not None


@pytest.mark.anyio
@pytest.mark.parametrize("method", [None, "stream_text"])
@pytest.mark.parametrize("entered", [False, True])
async def test_f5_the_stream_of_a_node_is_of_one_response(method, entered, local, track):
    """The count that it keeps itself is the whole run's up to there."""
    async with agent().iter("weather?") as run:
        async for node in run:
            if not kit.Agent.is_model_request_node(node):
                continue
            local.clear()
            context = node.stream(run.ctx) if entered else track(node.stream)(run.ctx)
            async with context as opened:
                stream = track(lambda: opened)() if entered else opened
                _ = [piece async for piece in (getattr(stream, method)(debounce_by=None) if method else stream)]

    assert stream.usage.output_tokens if VERSION > 1 else stream.usage().output_tokens == 3
    (last,) = local.runs()
    assert ("success", 50, 2, []) == (last.outcome, last.input_tokens, last.output_tokens, last.tool_calls)
    assert last.time_to_first_token_ms is not None


@pytest.mark.anyio
async def test_f5_a_model_that_is_asked_directly_for_a_stream(local, track):
    """It is of the model's own class, which is one of the kit's."""
    model = functions.FunctionModel(stream_function=streamed)
    async with track(direct.model_request_stream)(model, [messages.ModelRequest.user_text_prompt("hi")]) as stream:
        assert [event async for event in stream]

    assert ("success", ["weather"], True, True) == figures(local)


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("early", [False, True])
def test_f5_a_model_that_is_asked_directly_for_a_sync_stream(early, local, track):
    """What is returned is a context, and the stream too."""
    model = functions.FunctionModel(stream_function=streamed)
    request = messages.ModelRequest.user_text_prompt("hi")
    with track(direct.model_request_stream_sync)(model, [request, request]) as stream:
        for _ in stream:
            if early:
                break

    del stream
    gc.collect()  # version 1 leaves a loop to it
    (run,) = local.runs()
    assert ("success", 50, True) == (run.outcome, run.input_tokens, run.time_to_first_token_ms is not None)
    assert run.output_tokens in ((1, 2) if early else (2,))  # version 1 reads ahead


@pytest.mark.usefixtures("loop")
@pytest.mark.parametrize("method", ["get_output", *METHODS])
def test_f5_a_sync_streamed_run(method, local, track):
    """It is read through the same methods as its async twin."""
    result = track(agent().run_stream_sync)("weather?")
    found = getattr(result, method)(**({} if method == "get_output" else {"debounce_by": None}))

    assert "rain" == found if method == "get_output" else len(list(found)) > 1
    assert ("success", ["weather"], True, True) == figures(local)


@pytest.mark.usefixtures("loop")
def test_c6_runs_that_share_a_count_count_for_themselves():
    """It goes on over all of them; only what a tool's own agents used is the run's, too."""
    shared = usages.RunUsage()
    plain = kit.Agent(functions.FunctionModel(lambda _history, _info: answer(messages.TextPart("x"))))
    plain.run_sync("hi", usage=shared)

    assert ("success", ONE, None) == told(plain.run_sync("hi", usage=shared))
    assert 20 == shared.input_tokens


def delegating(inner: Any) -> Any:
    """Return an agent whose tool asks another one."""

    def asked_once(history: list[Any], _info: Any) -> Any:
        call = messages.ToolCallPart("delegate", {})
        return answer(call, reason="tool_call") if len(history) == 1 else answer(messages.TextPart("rain"))

    async def delegate(context: kit.RunContext) -> str:  # type: ignore[name-defined, unused-ignore]
        return str((await inner.run("hi", usage=context.usage)).output)

    delegate.__annotations__ = {"context": kit.RunContext, "return": str}
    outer = kit.Agent(functions.FunctionModel(asked_once))
    outer.tool(delegate)
    return outer


@pytest.mark.usefixtures("loop")
def test_c6_what_a_tools_own_agents_used_is_the_runs_too():
    """They were given its count."""
    plain = kit.Agent(functions.FunctionModel(lambda _history, _info: answer(messages.TextPart("x"))))

    assert ("success", TokenUsage(total=45, input=30, output=15), ["delegate"]) == told(delegating(plain).run_sync("?"))


class City(pydantic.BaseModel):
    """What is asked for."""

    name: str


async def schema_streamed(_history: list[Any], _info: Any) -> Any:
    """Answer with the schema, which is worded as a tool, in pieces."""
    yield {0: functions.DeltaToolCall(name="final_result", json_args='{"name": ', tool_call_id="t")}
    yield {0: functions.DeltaToolCall(json_args='"Oslo"}', tool_call_id="t")}


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["run", "run_stream", "run_stream_events", "iter"])
async def test_c6_the_schema_that_was_asked_for_is_no_tool(way, local, track):
    """Whichever way it is read."""
    call = messages.ToolCallPart("final_result", {"name": "Oslo"})
    model = functions.FunctionModel(lambda _history, _info: answer(call), stream_function=schema_streamed)
    ask = track(getattr(kit.Agent(model, output_type=City), way))
    if way == "run":
        await ask("?")
    else:
        async with ask("?") as opened:
            _ = [each async for each in (opened.stream_output(debounce_by=None) if way == "run_stream" else opened)]

    assert ("success", [], True, True) == figures(local)


def test_c6_embeddings_have_input_only():
    """In the kit's own words."""
    usage = usages.RequestUsage(input_tokens=3)
    result = embeddings.EmbeddingResult(
        embeddings=[[0.1]], inputs=["a"], input_type="query", model_name="m", provider_name="p", usage=usage
    )

    assert ("success", TokenUsage(total=3, input=3, output=0), None) == told(result)
