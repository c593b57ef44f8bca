"""CrewAI's crews, agents and streams (C6, C8, F5)."""

from __future__ import annotations

import gc
import importlib
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chat_wire import SSE, TOKENS, USAGE, chunk, completion, sse
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
    streaming = needs("crewai.types.streaming", "crewai")
    metrics = needs("crewai.types.usage_metrics", "crewai")
    hooks = needs("crewai.hooks", "crewai")
    # Once CrewAI's hooks are there.
    ours = importlib.import_module("ldtrack.extractors.crewai")

TOLD = Recorded("success", 7, 5, [], False)
COUNTED = metrics.UsageMetrics(prompt_tokens=7, completion_tokens=5, total_tokens=12, successful_requests=1)
# CrewAI's own use of its dependencies.
pytestmark = pytest.mark.filterwarnings("ignore")


class Empty:
    """A crew without models."""

    agents = ()
    manager_agent = manager_llm = None


def read(response: Any) -> Any:
    """Read a response with what the registry finds."""
    return _registry.find(response).extractor(response)


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


def test_c6_a_kickoff_that_began_unseen(monkeypatch):
    """The first is read by the crew's own count; another by none, which may be wrong."""
    monkeypatch.setattr(ours, "_hooked", [])
    monkeypatch.setattr(hooks, "register_hook", lambda *_: None)
    made = outputs.CrewOutput(token_usage=COUNTED)

    assert reading(tokens=TOKENS) == read(made)
    assert reading() == read(made)


def test_c6_releases_without_these_hooks(monkeypatch):
    """There, only the first kickoff's count is known."""
    monkeypatch.setattr(ours, "_hooked", [])
    monkeypatch.delattr(hooks, "InterceptionPoint")

    assert reading(tokens=TOKENS) == read(outputs.CrewOutput(token_usage=COUNTED))
    assert reading() == read(outputs.CrewOutput(token_usage=COUNTED))


def test_c6_what_is_kept_goes_with_its_owner():
    """Neither crews nor outputs are kept alive, nor what is known of them."""
    with agent(json.dumps(completion())) as guide:
        kept = crew(guide).kickoff()
        assert id(kept) in ours._used
        key = id(kept)
        del kept
        gc.collect()

    assert key not in ours._used


def test_c6_what_is_no_crews():
    """Flows begin and end, too; and a kickoff may fail, or have begun unseen."""
    context = hooks.contexts.InterceptionContext()
    ours._began(context)
    ours._ended(context)
    empty = Empty()
    failed = hooks.contexts.InterceptionContext(crew=empty)
    ours._began(failed)
    ours._ended(failed)

    assert id(None) not in {**ours._before, **ours._used}


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
