"""Strands: calls of agents, graphs, and the dicts that they stream (C6, C8, E)."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pydantic
import pytest
from ldai.tracker import TokenUsage

from by_registry import told
from ldtrack import _registry
from needs import needs

strands = needs("strands", "strands-agents")
models = needs("strands.models", "strands-agents")
multiagent = needs("strands.multiagent", "strands-agents")
base = needs("strands.multiagent.base", "strands-agents")

pytestmark = pytest.mark.filterwarnings("ignore")

CACHED = {"inputTokens": 4, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 6}
PLAIN = {"inputTokens": 10, "outputTokens": 5, "totalTokens": 15}


@pytest.fixture
def anyio_backend() -> str:
    """The kit runs on asyncio only."""
    return "asyncio"


class Scripted(models.Model):  # type: ignore[misc, name-defined, unused-ignore]
    """A model that streams what it is told to, in the words of Bedrock, as all of the kit's models do."""

    def __init__(self, *answers: Any, usage: Any = PLAIN) -> None:
        self.answers = list(answers)
        self.usage = usage
        self.trace: dict[str, Any] = {}

    def update_config(self, **_config: Any) -> None:
        """Have nothing to configure."""

    def get_config(self) -> Any:
        return {}

    def structured_output(self, *_args: Any, **_options: Any) -> Any:
        raise NotImplementedError

    async def stream(self, *_args: Any, **_options: Any) -> Any:
        answer = self.answers.pop(0)
        reason = "tool_use" if answer == "call" else answer if answer.endswith("ed") else "end_turn"
        yield {"messageStart": {"role": "assistant"}}
        if answer == "call":
            yield {"contentBlockStart": {"start": {"toolUse": {"name": "weather", "toolUseId": "t"}}}}
            yield {"contentBlockDelta": {"delta": {"toolUse": {"input": "{}"}}}}
        else:
            yield {"contentBlockStart": {"start": {}}}
            yield {"contentBlockDelta": {"delta": {"text": answer}}}
        yield {"contentBlockStop": {}}
        yield {"messageStop": {"stopReason": reason}}
        yield {"metadata": {"usage": self.usage, "metrics": {"latencyMs": 1}, **self.trace}}


@strands.tool
def weather() -> str:
    """Tell the weather."""
    return "rain"


def agent(*answers: Any, usage: Any = PLAIN) -> Any:
    """Return an agent with a tool."""
    return strands.Agent(name="one", model=Scripted(*answers, usage=usage), tools=[weather], callback_handler=None)


def used(responses: int) -> TokenUsage:
    """Return the tokens of so many responses."""
    return TokenUsage(total=15 * responses, input=10 * responses, output=5 * responses)


def figures(local: Any) -> Any:
    """Return what matters here of the only run."""
    (run,) = local.runs()
    return run.outcome, run.input_tokens, run.output_tokens, run.tool_calls


def test_c6_each_call_of_an_agent_counts_for_itself(local, track):
    """Its own counter goes on over all of them."""
    one = agent("call", "rain", "hi")
    ask = track(one.__call__)

    assert 30 == ask("weather?").metrics.accumulated_usage["totalTokens"]
    assert ("success", 20, 10, ["weather"]) == figures(local)
    local.clear()
    assert 45 == ask("hi").metrics.accumulated_usage["totalTokens"]
    assert ("success", 10, 5, []) == figures(local)


@pytest.mark.parametrize("usage", [PLAIN, CACHED])
def test_c6_cached_tokens_are_input(usage):
    """Whether the model's adapter counts them there or beside it."""
    assert ("success", used(1), None) == told(agent("hi", usage=usage)("hi"))


@pytest.mark.parametrize("reason", ["content_filtered", "guardrail_intervened"])
def test_e5_a_blocked_answer_is_an_error(reason):
    """Nothing is raised."""
    assert "error" == told(agent(reason)("hi"))[0]


def test_c6_a_result_without_a_call_tells_nothing():
    """Such as one that was restored."""
    result = strands.agent.AgentResult(
        stop_reason="end_turn", message={}, metrics=strands.telemetry.EventLoopMetrics(), state={}
    )

    assert ("success", None, None) == told(result)


def graph(*agents: Any) -> Any:
    """Return a graph of agents after each other."""
    builder = multiagent.GraphBuilder()
    for number, one in enumerate(agents):
        builder.add_node(one, f"n{number}")
    for number in range(1, len(agents)):
        builder.add_edge(f"n{number - 1}", f"n{number}")
    builder.set_entry_point("n0")
    return builder.build()


def test_c6_a_graph_adds_its_agents_up(local, track):
    """Each with this call's counts: the graph's own have the agents' earlier calls in them."""
    first = agent("before", "call", "rain")
    first("hi")
    result = track(graph(first, agent("hi")).__call__)("weather?")

    assert 60 == result.accumulated_usage["totalTokens"]
    assert ("success", 30, 15, ["weather"]) == figures(local)


def test_c6_nodes_that_ran_again_are_in_the_graph_s_own_counts():
    """Of their results, only the last one is there."""
    node = base.NodeResult(result=agent("hi")("hi"), accumulated_usage={**PLAIN})
    twice = {"inputTokens": 20, "outputTokens": 10, "totalTokens": 30}
    result = base.MultiAgentResult(results={"n": node}, accumulated_usage=twice, execution_count=2)

    assert ("success", used(2), None) == told(result)


def test_e_a_failed_graph_is_an_error():
    """Its nodes hold an exception, or a graph."""
    failed = base.NodeResult(result=RuntimeError())
    inner = base.NodeResult(result=base.MultiAgentResult(accumulated_usage={**PLAIN}, execution_count=1))
    status = base.Status.FAILED
    result = base.MultiAgentResult(status=status, results={"a": failed, "b": inner}, accumulated_usage={**PLAIN})

    assert ("error", used(1), None) == told(result)


@pytest.mark.anyio
async def test_c8_a_streamed_call(local, track):
    """The last dict has the result."""
    dicts = [event async for event in track(agent("call", "rain").stream_async)("weather?")]

    assert "result" in dicts[-1]
    assert ("success", 20, 10, ["weather"]) == figures(local)
    assert local.runs()[0].time_to_first_token_ms is not None


@pytest.mark.anyio
async def test_c8_a_streamed_graph(local, track):
    """The agents' dicts come inside others."""
    dicts = [event async for event in track(graph(agent("call", "rain"), agent("hi")).stream_async)("weather?")]

    assert "multiagent_node_stream" in {event.get("type") for event in dicts}
    assert ("success", 30, 15, ["weather"]) == figures(local)
    assert local.runs()[0].time_to_first_token_ms is not None


@pytest.mark.anyio
async def test_e_a_stream_left_early_has_the_counts_so_far(local, track):
    """The model's own events have them."""
    stream = track(agent("call", "rain").stream_async)("weather?")
    async for event in stream:
        if event.get("data"):
            break
    await stream.aclose()

    assert ("success", 10, 5, ["weather"]) == figures(local)


@pytest.mark.anyio
async def test_e_a_blocked_stream_is_an_error(local, track):
    """The result has the reason."""
    _ = [event async for event in track(agent("content_filtered").stream_async)("hi")]

    assert ("error", 10, 5, []) == figures(local)


def test_c8_text_and_thinking_are_output():
    """Also where the model's own events were left out."""
    dicts = [{"data": "hi", "delta": {}}, {"reasoningText": "hm", "delta": {}}, {"data": "", "delta": {}}]
    stream = _registry.find_chunk(dicts[0]).extractor()

    assert [True, True, False] == [stream.feed(event) for event in dicts]
    assert not stream.complete


@pytest.mark.parametrize("event", [{"result": 3}, {"result": SimpleNamespace()}, {"event": "x"}, {"delta": "x"}])
def test_c8_other_dicts_are_none_of_its_own(event):
    """They have keys of the same names."""
    assert _registry.find_chunk(json.loads(json.dumps(event, default=str))) is None


@pytest.mark.anyio
@pytest.mark.parametrize(("action", "outcome"), [("ANONYMIZED", "success"), ("BLOCKED", "error")])
async def test_e5_a_guardrail_that_only_masked_let_the_answer_through(action, outcome, local, track):
    """The result says that it intervened, whatever it did; the trace is in one of the model's own events."""
    one = agent("guardrail_intervened")
    one.model.trace = {"trace": {"guardrail": {"outputAssessments": {"a": [{"pii": [{"action": action}]}]}}}}
    _ = [event async for event in track(one.stream_async)("hi")]

    assert (outcome, 10, 5, []) == figures(local)


@pytest.mark.anyio
@pytest.mark.parametrize("streamed", [False, True])
async def test_e_a_call_that_its_caller_cancelled_has_no_outcome(streamed, local, track):
    """The kit returns a result all the same."""
    one = agent("call", "rain")
    one.hooks.add_callback(strands.hooks.BeforeToolCallEvent, lambda _event: one.cancel())
    if streamed:
        _ = [event async for event in track(one.stream_async)("weather?")]
    else:
        assert "cancelled" == (await track(one.invoke_async)("weather?")).stop_reason

    (run,) = local.runs()
    assert (None, 10) == (run.outcome, run.input_tokens)


class City(pydantic.BaseModel):
    """What is asked for."""


def test_c6_the_schema_that_was_asked_for_is_no_tool():
    """The kit words it as one; what else was called still counts."""

    class Both(Scripted):
        async def stream(self, *args: Any, **options: Any) -> Any:
            schema = len(self.answers) == 1
            async for event in super().stream(*args, **options):
                start = event.get("contentBlockStart")
                if start and schema:
                    start["start"]["toolUse"]["name"] = "City"
                yield event

    one = strands.Agent(model=Both("call", "call"), tools=[weather], callback_handler=None)
    result = one("weather?", structured_output_model=City)

    assert isinstance(result.structured_output, City)
    assert ("success", used(2), ["weather"]) == told(result)
