"""google-genai's Interactions API through the real client: whole, streamed, raw (C6, C8, E)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs

genai = needs("google.genai", "google-genai")

pytestmark = pytest.mark.filterwarnings("ignore")

SSE = "text/event-stream"
USAGE = {
    "total_input_tokens": 10,
    "total_cached_tokens": 4,
    "total_tool_use_tokens": 3,
    "total_output_tokens": 5,
    "total_thought_tokens": 20,
    "total_tokens": 38,
}
TOKENS = TokenUsage(total=38, input=13, output=25)
CALL = {"type": "function_call", "id": "1", "name": "weather", "arguments": {}}
STEPS = [
    {"type": "thought", "summary": []},
    {"type": "google_search_call", "id": "2", "arguments": {"queries": ["q"]}},
    {"type": "google_search_result", "call_id": "2", "result": []},
    {"type": "model_output", "content": [{"type": "text", "text": "hi"}]},
    CALL,
]
QUESTION: Any = {"model": "gemini-2.5-flash", "input": "hi"}


def body(status: str = "completed", **changes: Any) -> str:
    """Return what the server answers."""
    known = {"id": "i", "object": "interaction", "model": "m", "status": status, "steps": STEPS, "usage": USAGE}
    return json.dumps({**known, **changes})


def event(kind: str, **fields: Any) -> str:
    """Return a server-sent event."""
    return f"event: {kind}\ndata: {json.dumps({'event_type': kind, **fields})}\n\n"


def completed(status: str = "completed") -> str:
    """Return the last event."""
    return event("interaction.completed", interaction={"id": "i", "status": status, "usage": USAGE})


EVENTS = [
    event("interaction.created", interaction={"id": "i", "status": "in_progress"}),
    event("step.start", index=0, step={"type": "thought"}),
    event("step.delta", index=0, delta={"type": "thought_summary", "content": {"type": "text", "text": "hm"}}),
    event("step.stop", index=0),
    event("step.start", index=1, step={"type": "model_output"}),
    event("step.delta", index=1, delta={"type": "text", "text": "hi"}),
    event("step.stop", index=1),
    event("step.start", index=2, step=CALL),
    event("step.delta", index=2, delta={"type": "arguments_delta", "arguments": "{}"}),
    event("of.tomorrow", anything=1),
]


def client(url: str) -> Any:
    """Return a client of a loopback server."""
    return genai.Client(vertexai=False, api_key="any", http_options={"base_url": url})


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The SDK's async client runs on asyncio only."""
    return "asyncio"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("completed", "success"),
        ("incomplete", "success"),
        ("requires_action", "success"),
        ("of_tomorrow", "success"),
        ("failed", "error"),
        ("budget_exceeded", "error"),
        ("in_progress", None),
        ("cancelled", None),
    ],
)
def test_c6_interactions(status, outcome):
    """Tokens as Gemini counts, the status, functions by name and hosted tools by their step."""
    with answering(body(status)) as url, client(url) as gemini:
        interaction = gemini.interactions.create(**QUESTION)

    expected = reading(outcome, TOKENS, ["google_search", "weather"])
    assert expected == _registry.find(interaction).extractor(interaction)


def test_c6_raw_interactions():
    """The wrapper has the HTTP answer, which is read as a parsed body."""
    with answering(body()) as url, client(url) as gemini:
        response = gemini.interactions.with_raw_response.create(**QUESTION)
        response.parse()

    assert TOKENS == _registry.find(response).extractor(response).tokens


def test_f5_a_returned_stream(local, track):
    """It keeps its class, and starts with the first thought."""
    with answering(*EVENTS, completed("requires_action"), content_type=SSE) as url, client(url) as gemini:
        stream = track(gemini.interactions.create)(**QUESTION, stream=True)
        assert "Stream" == type(stream).__name__
        with stream:
            assert 11 == len(list(stream))

    (run,) = local.runs()
    assert ("success", 13, 25, ["weather"]) == (run.outcome, run.input_tokens, run.output_tokens, run.tool_calls)
    assert run.time_to_first_token_ms >= 60


@pytest.mark.anyio
async def test_f5_a_returned_async_stream(local, track):
    """The same, awaited; a failed interaction is an error without an exception."""

    @track
    async def ask(gemini: Any) -> Any:
        return await gemini.interactions.create(**QUESTION, stream=True)

    with answering(*EVENTS, completed("failed"), content_type=SSE) as url:
        async with client(url).aio as gemini, await ask(gemini) as stream:
            assert 11 == len([event async for event in stream])

    (run,) = local.runs()
    assert ("error", 13, 25, ["weather"]) == (run.outcome, run.input_tokens, run.output_tokens, run.tool_calls)


@pytest.mark.parametrize("last", [[], [event("error", error={"code": "x", "message": "no"})]])
def test_e_a_stream_without_its_end_is_an_error(last, local, track):
    """Whether the server says so, in an event, or just ends."""
    with answering(*EVENTS, *last, content_type=SSE) as url, client(url) as gemini:
        assert list(track(gemini.interactions.create)(**QUESTION, stream=True))

    (run,) = local.runs()
    assert ("error", None, ["weather"]) == (run.outcome, run.input_tokens, run.tool_calls)


def test_e_a_stream_left_early_is_a_success(local, track):
    """Its consumer had what it wanted."""
    with answering(*EVENTS, completed(), content_type=SSE) as url, client(url) as gemini:
        stream = track(gemini.interactions.create)(**QUESTION, stream=True)
        with stream:
            assert "step.delta" == next(event for event in stream if event.event_type == "step.delta").event_type

    assert ["success"] == [run.outcome for run in local.runs()]


def test_f5_the_stream_of_a_raw_response(local, track):
    """The SDK puts its own `parse` on the response."""
    with answering(*EVENTS, completed(), content_type=SSE) as url, client(url) as gemini:
        response = track(gemini.interactions.with_raw_response.create)(**QUESTION, stream=True)
        assert 11 == len(list(response.parse()))

    (run,) = local.runs()
    assert ("success", 13, 25, ["weather"]) == (run.outcome, run.input_tokens, run.output_tokens, run.tool_calls)
    assert run.time_to_first_token_ms >= 60


@pytest.mark.anyio
async def test_f5_the_stream_of_an_async_raw_response(local, track):
    """The same, awaited."""

    @track
    async def ask(gemini: Any) -> Any:
        return await gemini.interactions.with_raw_response.create(**QUESTION, stream=True)

    with answering(*EVENTS, completed(), content_type=SSE) as url:
        async with client(url).aio as gemini:
            response = await ask(gemini)
            assert 11 == len([event async for event in await response.parse()])

    (run,) = local.runs()
    assert ("success", 13, 25) == (run.outcome, run.input_tokens, run.output_tokens)


def test_f5_a_streaming_response(local, track):
    """It is a context, in which the body is read."""
    with answering(body()) as url, client(url) as gemini:
        streaming = track(gemini.interactions.with_streaming_response.create)(**QUESTION)
        with streaming as response:
            assert "completed" == response.parse().status

    (run,) = local.runs()
    assert ("success", 13, 25) == (run.outcome, run.input_tokens, run.output_tokens)


@pytest.mark.anyio
async def test_f5_an_async_streaming_response(local, track):
    """The same, awaited."""
    with answering(body("failed")) as url:
        async with client(url).aio as gemini:
            streaming = track(gemini.interactions.with_streaming_response.create)(**QUESTION)
            async with streaming as response:
                assert "failed" == (await response.parse()).status

    (run,) = local.runs()
    assert ("error", 13, 25) == (run.outcome, run.input_tokens, run.output_tokens)
