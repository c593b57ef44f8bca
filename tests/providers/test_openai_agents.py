"""OpenAI's Agents SDK: runs, runs that go on after an approval, failed runs, and their events (C6, C8, E5)."""

from __future__ import annotations

import itertools
import json
from types import SimpleNamespace
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import told
from ldtrack import _registry
from ldtrack._metrics import outcome_in
from ldtrack.demo import answering
from needs import needs

agents = needs("agents", "openai-agents")
usages = needs("agents.usage", "openai-agents")
states = needs("agents.run_state", "openai-agents")
openai = needs("openai")
responses = needs("openai.types.responses", "openai")

pytestmark = pytest.mark.filterwarnings("ignore")

QUIET = agents.RunConfig(tracing_disabled=True)
SSE = "text/event-stream"
NUMBERS = itertools.count()


@pytest.fixture
def anyio_backend() -> str:
    """The kit runs on asyncio only."""
    return "asyncio"


class Scripted(agents.Model):  # type: ignore[misc, name-defined, unused-ignore]
    """A model that says what it is told to; 10 tokens in and 5 out each time."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    async def get_response(self, *_args: Any, **_options: Any) -> Any:
        usage = usages.Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15)
        return agents.ModelResponse(output=self.answers.pop(0), usage=usage, response_id=None)

    def stream_response(self, *_args: Any, **_options: Any) -> Any:
        raise NotImplementedError


def says(text: str) -> list[Any]:
    """Return a message."""
    part = responses.ResponseOutputText(text=text, annotations=[], type="output_text")
    return [
        responses.ResponseOutputMessage(id="m", content=[part], role="assistant", status="completed", type="message")
    ]


def calls(*names: str) -> list[Any]:
    """Return calls of functions, each with an id of its own."""
    kind = responses.ResponseFunctionToolCall
    return [kind(arguments="{}", call_id=f"c{next(NUMBERS)}", name=name, type="function_call") for name in names]


@agents.function_tool
def weather() -> str:
    """Tell the weather."""
    return "rain"


@agents.function_tool(needs_approval=True)
def transfer() -> str:
    """Move money."""
    return "done"


def agent(*answers: Any, **options: Any) -> Any:
    """Return an agent with both tools."""
    return agents.Agent(name="agent", model=Scripted(*answers), tools=[weather, transfer], **options)


async def run(starting: Any, question: Any = "hi", **options: Any) -> Any:
    """Run an agent."""
    return await agents.Runner.run(starting, question, run_config=QUIET, **options)


def figures(local: Any) -> Any:
    """Return what matters here of the only run."""
    (recorded,) = local.runs()
    return recorded.outcome, recorded.input_tokens, recorded.output_tokens, recorded.tool_calls


def used(responses: int) -> TokenUsage:
    """Return the tokens of so many responses."""
    return TokenUsage(total=15 * responses, input=10 * responses, output=5 * responses)


@pytest.mark.anyio
async def test_c6_a_run_counts_all_of_its_responses():
    """The tools are those that were called, in order."""
    result = await run(agent(calls("weather"), calls("weather"), says("rain")))

    assert isinstance(result, agents.RunResult)
    assert ("success", used(3), ["weather", "weather"]) == told(result)


@pytest.mark.anyio
async def test_c6_a_hand_over_is_no_tool():
    """It goes on with another agent, whose responses count, too."""
    other = agent(calls("weather"), says("rain"))
    first = agent(calls("transfer_to_agent"), handoffs=[other])

    assert ("success", used(3), ["weather"]) == told(await run(first))


@pytest.mark.anyio
async def test_c6_a_hosted_tool_has_its_item_s_name():
    """Without a name of its own."""
    search = responses.ResponseFunctionWebSearch.model_construct(id="w", status="completed", type="web_search_call")

    assert ("success", used(1), ["web_search"]) == told(await run(agent([search, *says("found")])))


async def paused_again(paused: Any, through_json: Any) -> Any:
    """Approve the first of what a run waits for, and go on."""
    state = paused.to_state()
    if through_json:
        state = await states.RunState.from_json(paused.last_agent, json.loads(json.dumps(state.to_json())))
    state.approve(state.get_interruptions()[0])
    return await run(paused.last_agent, state)


@pytest.mark.anyio
@pytest.mark.parametrize("through_json", [False, True])
async def test_c6_a_run_that_goes_on_counts_what_came_since(through_json):
    """Its result has all that came before: that was recorded with the run that was paused."""
    answers = calls("weather"), [*says("so"), *calls("transfer")], calls("weather"), calls("transfer"), says("ok")
    result = await run(agent(*answers))

    assert ("success", used(2), ["weather", "transfer"]) == told(result)
    result = await paused_again(result, through_json)
    assert ("success", used(2), ["weather", "transfer"]) == told(result)
    result = await paused_again(result, through_json)
    assert ("success", used(1), None) == told(result)
    assert 75 == result.context_wrapper.usage.total_tokens


@pytest.mark.anyio
async def test_c6_a_run_that_waits_for_more_used_nothing():
    """One of two calls was approved: no model was asked."""
    result = await run(agent(calls("transfer", "transfer"), says("ok")))

    assert ("success", used(1), ["transfer", "transfer"]) == told(result)
    result = await paused_again(result, through_json=False)
    assert (1, ("success", None, None)) == (len(result.interruptions), told(result))
    result = await paused_again(result, through_json=False)
    assert (0, ("success", used(1), None)) == (len(result.interruptions), told(result))


def test_c6_a_response_of_a_model():
    """Single, as `Model.get_response` returns it."""
    usage = usages.Usage(requests=1, input_tokens=10, output_tokens=5, total_tokens=15)
    answer = agents.ModelResponse(output=[*calls("weather"), *says("x")], usage=usage, response_id=None)

    assert ("success", used(1), ["weather"]) == told(answer)


@pytest.mark.anyio
async def test_e5_a_failed_run_tells_what_it_used(local, track):
    """The exception carries the run so far."""
    with pytest.raises(agents.MaxTurnsExceeded):
        await track(run)(agent(calls("weather"), calls("weather"), says("x")), max_turns=2)

    assert ("error", 20, 10, ["weather", "weather"]) == figures(local)


def test_e5_a_failure_without_a_run_tells_nothing():
    """Such as wrong use."""
    exc = agents.exceptions.UserError("no")

    assert _registry.find_exception(exc).extractor(exc) is None


COMPLETION = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
}


def chat_chunk(delta: Any = None, **fields: Any) -> str:
    """Return an event of a chat completion's stream."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": None}]
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **fields}
    return f"data: {json.dumps(chunk)}\n\n"


CHUNKS = (
    chat_chunk({"role": "assistant", "content": ""}),
    chat_chunk({"content": "hi"}),
    chat_chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
    chat_chunk(usage=COMPLETION["usage"]),
    "data: [DONE]\n\n",
)


def client_of(url: str) -> Any:
    """Return a client without retries."""
    return openai.AsyncOpenAI(base_url=url, api_key="any", max_retries=0)


def real(client: Any) -> Any:
    """Return an agent whose model is asked for chat completions."""
    model = agents.OpenAIChatCompletionsModel(model="m", openai_client=client)
    return agents.Agent(name="agent", model=model, model_settings=agents.ModelSettings(include_usage=True))


@pytest.mark.anyio
async def test_c6_a_tracked_run(local, track):
    """The whole way."""
    with answering(json.dumps(COMPLETION)) as url:
        async with client_of(url) as client:
            result = await track(run)(real(client))

    assert "hi" == result.final_output
    assert ("success", 10, 5, []) == figures(local)


def test_c6_a_tracked_sync_run(local, track, loop):
    """The same, from a plain function."""
    with answering(json.dumps(COMPLETION)) as url:
        client = client_of(url)
        track(agents.Runner.run_sync)(real(client), "hi", run_config=QUIET)
        loop.run_until_complete(client.close())

    assert [("success", 10, 5)] == [(run.outcome, run.input_tokens, run.output_tokens) for run in local.runs()]


@pytest.mark.anyio
async def test_c8_events_that_a_generator_function_passes_on(local, track):
    """The first token is the first piece of text."""

    @track
    async def ask(client: Any) -> Any:
        async for event in agents.Runner.run_streamed(real(client), "hi", run_config=QUIET).stream_events():
            yield event

    with answering(*CHUNKS, content_type=SSE) as url:
        async with client_of(url) as client:
            events = [event async for event in ask(client)]

    assert {"raw_response_event", "run_item_stream_event", "agent_updated_stream_event"} == {
        event.type for event in events
    }
    assert ("success", 10, 5, []) == figures(local)
    assert local.runs()[0].time_to_first_token_ms >= 40


def raw(kind: str, **fields: Any) -> Any:
    """Return an event of a response, as the kit hands it on."""
    return agents.RawResponsesStreamEvent(data=SimpleNamespace(type=kind, **fields))


def ended(**fields: Any) -> Any:
    """Return the end of a response; models of chat completions give all of them the same id."""
    usage = SimpleNamespace(input_tokens=10, output_tokens=5, total_tokens=15)
    return raw("response.completed", response=SimpleNamespace(id="fake", status="completed", usage=usage, **fields))


def test_c8_the_responses_of_a_run_are_added_up():
    """Its tools are named by the items that the kit makes."""
    call = agents.ToolCallItem(agent=agent(), raw_item=calls("weather")[0])
    item = agents.RunItemStreamEvent(name="tool_called", item=call)
    factory = _registry.find_chunk(item).extractor
    stream = factory()

    began = [stream.feed(event) for event in (raw("response.created"), ended(), item, raw("response.created"), ended())]
    reading = stream.result()

    assert [False] * 5 == began
    assert (used(2), ["weather"], True) == (reading.tokens, reading.tool_calls, stream.complete)


def fold(*events: Any) -> Any:
    """Fold events; return which were output, too."""
    stream = _registry.find_chunk(events[0]).extractor()
    return [stream.feed(event) for event in events], stream.result()


def test_c6_tools_of_a_run_of_which_the_model_s_events_alone_are_passed_on():
    """The model's responses name them."""
    done = raw("response.output_item.done", output_index=0, item=calls("weather")[0])
    item = agents.RunItemStreamEvent(name="tool_called", item=agents.ToolCallItem(agent(), calls("other")[0]))

    assert ["weather"] == fold(raw("response.created"), done, ended())[1].tool_calls
    assert ["other"] == fold(raw("response.created"), done, ended(), item)[1].tool_calls


def test_e4_items_of_a_run_that_come_alone_are_output():
    """What the model said, but not what its tools did; after its own events they come too late."""
    said = agents.RunItemStreamEvent(
        name="message_output_created", item=agents.MessageOutputItem(agent(), says("x")[0])
    )
    told = {"type": "function_call_output", "call_id": "c", "output": "rain"}
    tool = agents.RunItemStreamEvent(name="tool_output", item=agents.ToolCallOutputItem(agent(), told, "rain"))

    assert [False, True] == fold(tool, said)[0]
    assert [False, False] == fold(raw("response.created"), said)[0]


def test_c8_a_run_that_asks_no_model_is_complete():
    """It goes on after an approval, and waits for another one; a response that began has to end."""
    updated = agents.AgentUpdatedStreamEvent(new_agent=agent())
    stream = _registry.find_chunk(updated).extractor()

    assert (False, True) == (stream.feed(updated), stream.complete)
    assert (False, False) == (stream.feed(raw("response.created")), stream.complete)


@pytest.mark.anyio
async def test_f5_a_streamed_run_keeps_its_class(local, track):
    """Its events come from a method, and its counts are there when they have ended."""
    with answering(*CHUNKS, content_type=SSE) as url:
        async with client_of(url) as client:
            result = track(agents.Runner.run_streamed)(real(client), "hi", run_config=QUIET)
            events = [event async for event in result.stream_events()]

    assert isinstance(result, agents.RunResultStreaming)
    assert ("hi", True) == (result.final_output, len(events) > 0)
    assert ("success", 10, 5, []) == figures(local)
    assert local.runs()[0].time_to_first_token_ms >= 40


@pytest.mark.anyio
async def test_e_a_streamed_run_that_was_cancelled_is_a_success(local, track):
    """Its consumer had output before."""
    with answering(*CHUNKS, content_type=SSE) as url:
        async with client_of(url) as client:
            result = track(agents.Runner.run_streamed)(real(client), "hi", run_config=QUIET)
            async for event in result.stream_events():
                if getattr(getattr(event, "data", None), "delta", None):
                    result.cancel()

    assert "success" == figures(local)[0]


@pytest.mark.anyio
async def test_e5_a_streamed_run_that_fails_counts_once(local, track):
    """Both the exception and the result tell what was used."""
    call = {"index": 0, "id": "c", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    pieces = (
        chat_chunk({"role": "assistant", "content": None, "tool_calls": [call]}),
        chat_chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]),
        *CHUNKS[3:],
    )
    with answering(*pieces, content_type=SSE) as url:
        async with client_of(url) as client:
            starting = real(client).clone(tools=[weather])
            result = track(agents.Runner.run_streamed)(starting, "hi", run_config=QUIET, max_turns=1)
            with pytest.raises(agents.MaxTurnsExceeded):
                _ = [event async for event in result.stream_events()]

    assert ("error", 10, 5, ["weather"]) == figures(local)


@pytest.mark.anyio
async def test_e_a_loop_that_failed_in_silence_is_an_error():
    """Some failures do not leave the stream of events."""
    finished = await run(agent(says("x")))
    broken = SimpleNamespace(**vars(finished), run_loop_exception=RuntimeError())
    final = _registry.find_stream(agents.RunResultStreaming).extractor

    assert ["error", "success"] == [outcome_in(final(result)) for result in (broken, finished)]
