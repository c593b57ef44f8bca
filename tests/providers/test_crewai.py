"""CrewAI's crews, agents and streams (C6, C8, F5)."""

from __future__ import annotations

import gc
import importlib
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from by_registry import read, said
from chat_wire import CALL, SSE, TOKENS, TWICE, USAGE, chunk, completion, sse
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, track

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it warns as it is imported
    crewai = needs("crewai")
    outputs = needs("crewai.crews.crew_output", "crewai")
    lite = needs("crewai.lite_agent_output", "crewai")
    flows = needs("crewai.flow", "crewai")
    streaming = needs("crewai.types.streaming", "crewai")
    metrics = needs("crewai.types.usage_metrics", "crewai")
    hooks = needs("crewai.hooks", "crewai")
    events = needs("crewai.events", "crewai")
    # Once CrewAI's hooks are there.
    ours = importlib.import_module("ldtrack.extractors.crewai")
    kickoffs = importlib.import_module("ldtrack.extractors._kickoffs")

TOLD = Recorded("success", 7, 5, [], False)
COUNTED = metrics.UsageMetrics(prompt_tokens=7, completion_tokens=5, total_tokens=12, successful_requests=1)
# CrewAI's own use of its dependencies.
pytestmark = pytest.mark.filterwarnings("ignore")


class Empty:
    """A crew without models."""

    agents = ()
    manager_agent = manager_llm = None


@contextmanager
def agent(*pieces: str, content_type: str = "application/json", **options: Any) -> Iterator[Any]:
    """Give an agent whose model always answers the same."""
    with answering(*pieces, content_type=content_type) as url:
        model = crewai.LLM(model="gpt-4o", api_key="any", base_url=url, max_retries=0, **options)
        yield crewai.Agent(role="guide", goal="help", backstory="rents bikes", llm=model)


def crew(*agents: Any, **options: Any) -> Any:
    """Return a crew in which each agent has one task."""
    tasks = [crewai.Task(description="Weather?", expected_output="words", agent=one) for one in agents]
    return crewai.Crew(agents=list(agents), tasks=tasks, **options)


def test_c6_kickoffs_count_for_themselves():
    """The models' counters go on over kickoffs, other uses, and crews; a model of two agents counts once."""
    with agent(json.dumps(completion())) as guide:
        first = crew(guide)
        assert TOLD == track(first.kickoff)
        guide.llm.call("hi")
        assert TOLD == track(first.kickoff)
        other = crewai.Agent(role="other", goal="help", backstory="too", llm=guide.llm)
        assert TOLD._replace(input=14, output=10) == track(crew(guide, other).kickoff)


def test_c6_kickoffs_for_each_input():
    """Each is made by a copy of the crew, and the copies of a model share its counters."""
    with agent(json.dumps(completion())) as guide:
        other = crewai.Agent(role="other", goal="help", backstory="too", llm=guide.llm)

        assert TOLD._replace(input=28, output=20) == track(lambda: crew(guide, other).kickoff_for_each([{}, {}]))


def test_c6_kickoffs_at_the_same_time(loop):
    """Where they share a model's counters, each call is of the kickoff that it was made in."""
    with agent(json.dumps(completion())) as guide:
        other = crewai.Agent(role="other", goal="help", backstory="too", llm=guide.llm)
        each = crew(guide, other).kickoff_for_each_async([{}, {}, {}])

        assert TOLD._replace(input=42, output=30) == track(lambda: loop.run_until_complete(each))


def test_c6_kickoffs_within_others():
    """What a tool kicks off is paid for by who asked."""
    with agent(json.dumps(completion())) as guide:
        inner = crew(guide)

        def kick_off(output: Any) -> None:
            inner.kickoff()

        task = crewai.Task(description="W?", expected_output="words", agent=guide, callback=kick_off)
        assert TOLD._replace(input=14, output=10) == track(crewai.Crew(agents=[guide], tasks=[task]).kickoff)


@pytest.mark.parametrize(
    "usage",
    [
        USAGE,
        {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12},
        {"prompt_token_count": 7, "candidates_token_count": 5, "total_tokens": 12},
        {"inputTokens": 4, "outputTokens": 5, "totalTokens": 12, "cacheReadInputTokens": 3},
    ],
)
def test_c6_calls_of_any_providers_model(usage, monkeypatch):
    """CrewAI tells what a call used in the provider's words; outside of a kickoff it is nobody's."""
    call = events.LLMCallCompletedEvent(call_id="1", response="hi", call_type="llm_call", usage=usage)
    kickoffs.called(None, call)
    kickoff = kickoffs.Kickoff(Empty())
    kickoff.overlaps = True
    with monkeypatch.context() as patched:
        patched.setattr(kickoffs, "_current", ContextVar("current", default=kickoff))
        kickoffs.called(None, call)

    assert TOKENS == kickoff.tokens


def test_c6_a_kickoff_that_began_unseen(monkeypatch):
    """Until one is seen, the crew's own count is taken; then none, which may be wrong."""
    monkeypatch.setattr(kickoffs, "_seen", [])
    made = outputs.CrewOutput(token_usage=COUNTED)

    assert reading(tokens=TOKENS) == read(made)
    with agent(json.dumps(completion())) as guide:
        crew(guide).kickoff()
    assert reading() == read(made)


def test_c6_hooks_are_there_before_the_first_call(monkeypatch):
    """A decorated function has CrewAI tell of kickoffs from then on, if it has been imported."""
    monkeypatch.setattr(_registry, "_loaded", set())
    track(lambda: None)

    assert "crewai" in _registry._loaded


@pytest.mark.parametrize("module", ["hooks", "events"])
def test_c6_releases_without_these_hooks(module, monkeypatch):
    """There, the crew's own count is all that is known."""
    monkeypatch.setattr(kickoffs, "_seen", [])
    monkeypatch.setattr(kickoffs, "_hooked", [])
    monkeypatch.setitem(sys.modules, f"crewai.{module}", None)

    assert reading(tokens=TOKENS) == read(outputs.CrewOutput(token_usage=COUNTED))
    assert [] == kickoffs._hooked


def test_c6_what_is_kept_goes_with_its_owner():
    """Outputs are not kept alive, nor what is known of them."""
    with agent(json.dumps(completion())) as guide:
        kept = crew(guide).kickoff()
        assert id(kept) in kickoffs._used
        key = id(kept)
        del kept
        gc.collect()

    assert key not in kickoffs._used


def test_c6_what_is_no_crews():
    """Flows begin and end, too; and a kickoff may fail, or have begun unseen."""
    context = hooks.contexts.InterceptionContext()
    kickoffs.began(context)
    kickoffs.ended(context)
    failed = hooks.contexts.InterceptionContext(crew=Empty())
    kickoffs.ended(failed)
    kickoffs.began(failed)
    kickoffs.ended(failed)

    assert id(None) not in kickoffs._used
    assert kickoffs._current.get() is None


def test_c6_tools():
    """A task's messages tell which were called, and so do an agent's."""
    called = {"role": "assistant", "content": None, "tool_calls": [CALL, {}]}
    said = [{"role": "user", "content": "hi"}, called, {"role": "tool", "content": "fine"}]
    task = outputs.TaskOutput(description="W?", agent="guide", messages=said)
    made = outputs.CrewOutput(token_usage=COUNTED, tasks_output=[task, task])

    assert ["get_weather"] * 2 == read(made).tool_calls
    assert ["get_weather"] == read(lite.LiteAgentOutput(agent_role="guide", messages=said)).tool_calls


def test_c6_agents():
    """Their count is of the one run."""
    with agent(json.dumps(completion())) as guide:
        guide.llm.call("hi")

        assert TOLD == track(lambda: guide.kickoff("Weather?"))

    assert reading() == read(lite.LiteAgentOutput(agent_role="guide"))


def test_c8_chunks():
    """Text and calls are output; the name of a call may be repeated."""
    call = streaming.ToolCallChunk(tool_id="1", tool_name="get_weather", arguments="")
    more = streaming.ToolCallChunk(tool_id="1", arguments="{}")
    parts = [
        streaming.StreamChunk(content=""),
        streaming.StreamChunk(content="hi"),
        streaming.StreamChunk(content="", tool_call=call),
        streaming.StreamChunk(content="", tool_call=call),
        streaming.StreamChunk(content="", tool_call=more),
    ]
    extractor = _registry.find_chunk(parts[0]).extractor()

    assert [False, True, True, True, False] == [extractor.feed(part) for part in parts]
    assert reading(tool_calls=["get_weather"]) == extractor.result()


@pytest.mark.parametrize("consume", [list, None])
def test_f5_a_crews_stream(consume):
    """Its output is there at its end."""
    with agent(*sse(chunk(content="hi"), chunk("stop", usage=USAGE)), content_type=SSE, stream=True) as guide:
        opened = crew(guide, stream=True)
        if consume is None:
            assert ours.streamed(opened.kickoff()) is None
        else:
            assert TOLD._replace(first_token=True) == track(opened.kickoff, consume)


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_f5_a_stream_for_each_input(anyio_backend):
    """It has one output for each."""
    with agent(*sse(chunk(content="hi"), chunk("stop", usage=USAGE)), content_type=SSE, stream=True) as guide:
        each = crew(guide, stream=True)
        opened = await each.kickoff_for_each_async([{}, {}])
        assert ours.streamed(opened) is None
        async for _ in opened:
            pass

    assert reading(tokens=TWICE) == ours.streamed(opened)


SPOKEN = sse(chunk(content="hi"), chunk(tool_calls=[CALL]), chunk("tool_calls", usage=USAGE))
WAYS = [list, lambda session: list(session.events), lambda session: list(session.interleave(["llm", "tools"]))]


@pytest.mark.parametrize("consume", WAYS)
def test_f5_sessions(consume):
    """They are iterated themselves or in one of several ways, and tell each call once."""
    with agent(*SPOKEN, content_type=SSE) as guide:
        recorded = track(lambda: guide.llm.stream_events("hi"), consume)

    assert Recorded("success", 7, 5, ["get_weather"], True) == recorded


def test_f5_a_session_that_is_left():
    """What was read before counts."""

    def leave(session: Any) -> None:
        with session:
            next(frame for frame in session if frame.content)

    with agent(*SPOKEN, content_type=SSE) as guide:
        recorded = track(lambda: guide.llm.stream_events("hi"), leave)

    assert Recorded("success", None, None, [], True) == recorded


def test_f5_a_flows_stream():
    """Its result is whatever the flow returns."""
    with agent(*sse(chunk(content="hi"), chunk("stop", usage=USAGE)), content_type=SSE, stream=True) as guide:

        class Guiding(flows.Flow):
            stream = True

            @flows.start()
            def guide(self) -> Any:
                return crew(guide).kickoff()

        assert TOLD._replace(first_token=True) == track(Guiding().kickoff, list)


def test_c6_text_whose_tokens_are_estimated():
    """It is in the chunks of crews, and in the frames of sessions."""
    with agent(*SPOKEN, content_type=SSE) as guide:
        frames = list(guide.llm.stream_events("hi"))

    assert "hi{}" == said(*frames)
    assert "hi" == said(streaming.StreamChunk(content="hi"))
