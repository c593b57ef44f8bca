"""google-adk: the events of a run, through its runner and the real Gemini client (C6, C8, E)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from ldtrack import _registry, tracked
from ldtrack._loopback import serve
from ldtrack._metrics import read as reading
from ldtrack.local import LocalLaunchDarkly
from ldtrack.replay._cases import Recorded
from ldtrack.replay._server import Player
from needs import needs

pytestmark = pytest.mark.filterwarnings("ignore")

needs("google.adk", "google-adk")
agents = needs("google.adk.agents", "google-adk")
run_config = needs("google.adk.agents.run_config", "google-adk")
events = needs("google.adk.events", "google-adk")
google_llm = needs("google.adk.models.google_llm", "google-adk")
models = needs("google.adk.models", "google-adk")
runners = needs("google.adk.runners", "google-adk")
genai = needs("google.genai", "google-genai")
types = needs("google.genai.types", "google-genai")

QUESTION = types.Content(role="user", parts=[types.Part(text="weather?")])
USAGE = types.GenerateContentResponseUsageMetadata(
    prompt_token_count=10, tool_use_prompt_token_count=3, candidates_token_count=5, thoughts_token_count=20
)
TOKENS = TokenUsage(total=38, input=13, output=25)
CALL = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}


def piece(*parts: Any, reason: str | None = None, counts: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return an answer of the model, or a chunk of one."""
    candidate = {"content": {"role": "model", "parts": list(parts)}, **({"finishReason": reason} if reason else {})}
    names = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    return {"candidates": [candidate], "usageMetadata": dict(zip(names, counts, strict=True)), "responseId": "a"}


WHOLE = [
    [piece({"text": "hm", "thought": True}, CALL, reason="STOP", counts=(10, 4, 2))],
    [piece({"text": "rain"}, reason="STOP", counts=(20, 5, 2))],
]
STREAMED = [
    [
        piece({"text": "hm", "thought": True}, counts=(10, 1, 2)),
        piece(CALL, reason="STOP", counts=(10, 4, 2)),
    ],
    [piece({"text": "ra"}, counts=(20, 1, 2)), piece({"text": "in"}, reason="STOP", counts=(20, 5, 2))],
]


def weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


def playing(answers: Any, *, stream: bool) -> Any:
    """Serve the model's answers after each other."""
    player = Player()
    player.play(SimpleNamespace(steps=[_recorded(answer, stream=stream) for answer in answers]))
    return serve(player.app())


def _recorded(answer: Any, *, stream: bool) -> Recorded:
    if not stream:
        return Recorded(200, {"content-type": "application/json"}, json.dumps(answer[0]).encode())
    body = "".join(f"data: {json.dumps(piece)}\r\n\r\n" for piece in answer)
    return Recorded(200, {"content-type": "text/event-stream"}, body.encode(), streaming=True)


def event(*parts: Any, **fields: Any) -> Any:
    """Return an event of an agent."""
    return events.Event(author="agent", content=types.Content(role="model", parts=list(parts)), **fields)


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalLaunchDarkly]:
    """A real LaunchDarkly client over one config."""
    monkeypatch.setenv("GOOGLE_API_KEY", "any")
    with LocalLaunchDarkly({"chat": {"model": {"name": "gemini-2.5-flash"}, "provider": {"name": "Gemini"}}}) as local:
        yield local


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The kit runs on asyncio only."""
    return "asyncio"


async def run_of(url: str, *, stream: bool) -> Any:
    """Start a run of an agent with a tool."""
    agent = agents.LlmAgent(
        name="agent", model=google_llm.Gemini(model="gemini-2.5-flash", base_url=url), tools=[weather]
    )
    runner = runners.InMemoryRunner(agent=agent, app_name="app")
    session = await runner.session_service.create_session(app_name="app", user_id="ada")
    mode = run_config.StreamingMode.SSE if stream else run_config.StreamingMode.NONE
    config = run_config.RunConfig(streaming_mode=mode)
    return runner.run_async(user_id="ada", session_id=session.id, new_message=QUESTION, run_config=config)


@pytest.mark.anyio
@pytest.mark.parametrize(("answers", "stream"), [(WHOLE, False), (STREAMED, True)])
async def test_c8_the_model_calls_of_a_run_are_added_up(answers, stream, local):
    """Streamed or not, the counts are those of whole events; what the tool answered is none of the model's."""

    @tracked("chat", client=local.client, context=Context.create("ada"))
    async def ask(url: str) -> AsyncIterator[Any]:
        async for found in await run_of(url, stream=stream):
            yield found

    with playing(answers, stream=stream) as url:
        assert ["rain"] == [e.content.parts[0].text async for e in ask(url) if e.is_final_response() and not e.partial]

    (run,) = local.runs()
    assert ("success", 30, 13, ["weather"]) == (run.outcome, run.input_tokens, run.output_tokens, run.tool_calls)
    assert run.time_to_first_token_ms is not None


@pytest.mark.anyio
@pytest.mark.parametrize(("answers", "stream"), [(WHOLE, False), (STREAMED, True)])
async def test_c6_a_run_whose_events_are_kept_counts_as_much(answers, stream, local):
    """A whole event repeats the partial ones before it in a list, too."""

    @tracked("chat", client=local.client, context=Context.create("ada"))
    async def ask(url: str) -> Any:
        return [found async for found in await run_of(url, stream=stream)]

    with playing(answers, stream=stream) as url:
        assert len(await ask(url)) >= 3

    (run,) = local.runs()
    assert ("success", 30, 13, ["weather"]) == (run.outcome, run.input_tokens, run.output_tokens, run.tool_calls)


@pytest.mark.anyio
async def test_e_a_stopped_answer_is_an_error(local):
    """The event has the reason as its error code."""

    @tracked("chat", client=local.client, context=Context.create("ada"))
    async def ask(url: str) -> Any:
        return await run_of(url, stream=False)

    with playing([[piece(reason="SAFETY", counts=(10, 0, 0))]], stream=False) as url:
        assert ["SAFETY"] == [found.error_code async for found in await ask(url)]

    (run,) = local.runs()
    assert ("error", 10, []) == (run.outcome, run.input_tokens, run.tool_calls)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, "success"),
        ({"finish_reason": "MAX_TOKENS"}, "success"),
        ({"error_code": "MAX_TOKENS"}, "success"),
        ({"error_code": types.FinishReason.MAX_TOKENS}, "success"),
        ({"error_code": types.FinishReason.SAFETY}, "error"),
        ({"error_code": "429", "error_message": "slow down"}, "error"),
        ({"finish_reason": "SAFETY"}, "error"),
    ],
)
def test_e_single_events(fields, outcome):
    """Also a model's response alone, which events are made of."""
    part = types.Part(text="hi")
    response = models.LlmResponse(content=types.Content(role="model", parts=[part]), usage_metadata=USAGE, **fields)

    for value in (event(part, usage_metadata=USAGE, **fields), response):
        assert reading(outcome, TOKENS) == _registry.find(value).extractor(value)


def test_tool_names_leave_out_the_frameworks_questions():
    """It words them as calls."""
    calls = [types.FunctionCall(name=name, args={}) for name in ("weather", "adk_request_confirmation")]
    value = event(*(types.Part(function_call=call) for call in calls))

    assert ["weather"] == _registry.find(value).extractor(value).tool_calls
