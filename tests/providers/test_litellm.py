"""litellm: its own classes of OpenAI's formats, and Anthropic's dicts (C6, C8, E)."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import told
from ldtrack.demo import answering
from needs import needs

litellm = needs("litellm")
kinds = needs("litellm.types.utils", "litellm")
parsing = needs("litellm.litellm_core_utils.llm_response_utils.convert_dict_to_response", "litellm")

pytestmark = pytest.mark.filterwarnings("ignore")

SSE = "text/event-stream"
USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
CALL = {"id": "t", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
SAID = {"role": "assistant", "content": "hi"}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
ALL = TokenUsage(total=15, input=10, output=5)


@pytest.fixture
def anyio_backend() -> str:
    """The kit runs on asyncio only."""
    return "asyncio"


def completion(message: Any = SAID, reason: str = "stop") -> dict[str, Any]:
    """Return a chat completion."""
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}


def chunk(delta: Any = None, reason: str | None = None, **fields: Any) -> str:
    """Return an event of a chat completion's stream."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **fields}
    return f"data: {json.dumps(body)}\n\n"


def chunks(delta: Any = SAID, reason: str = "stop") -> list[str]:
    """Return a stream."""
    return [
        chunk({"role": "assistant", "content": ""}),
        chunk(delta),
        chunk({}, reason),
        chunk(usage=USAGE),
        "data: [DONE]\n\n",
    ]


def options(url: str, **more: Any) -> dict[str, Any]:
    """Return the arguments of a call."""
    question = [{"role": "user", "content": "hi"}]
    return {"model": "openai/m", "messages": question, "api_base": url, "api_key": "any", "max_retries": 0, **more}


STREAMED: Any = {"stream": True, "stream_options": {"include_usage": True}}


def figures(local: Any) -> Any:
    """Return what matters here of the only run."""
    (run,) = local.runs()
    return run.outcome, run.input_tokens, run.output_tokens, run.tool_calls


@pytest.mark.parametrize(
    ("message", "reason", "expected"),
    [(SAID, "stop", "success"), (CALLED, "tool_calls", "success"), (SAID, "content_filter", "error")],
)
def test_c6_a_completion(message, reason, expected, local, track):
    """Its usage, and most of a call of a tool, are fields that their classes do not declare."""
    with answering(json.dumps(completion(message, reason))) as url:
        result = track(litellm.completion)(**options(url))

    assert isinstance(result, kinds.ModelResponse)
    assert (expected, 10, 5, ["weather"] if message is CALLED else []) == figures(local)


@pytest.mark.anyio
async def test_c6_an_async_completion(local, track):
    """The same, awaited."""
    with answering(json.dumps(completion())) as url:
        await track(litellm.acompletion)(**options(url))

    assert ("success", 10, 5, []) == figures(local)


@pytest.mark.parametrize(("delta", "reason"), [(SAID, "stop"), ({"tool_calls": [{"index": 0, **CALL}]}, "tool_calls")])
def test_f5_a_stream(delta, reason, local, track):
    """It keeps its class, with both protocols."""
    with answering(*chunks(delta, reason), content_type=SSE) as url:
        stream = track(litellm.completion)(**options(url, **STREAMED))
        list(stream)

    assert isinstance(stream, litellm.CustomStreamWrapper)
    assert ("success", 10, 5, ["weather"] if reason == "tool_calls" else []) == figures(local)
    assert local.runs()[0].time_to_first_token_ms >= 40


@pytest.mark.anyio
async def test_f5_an_async_stream(local, track):
    """The same class, iterated the other way."""
    with answering(*chunks(), content_type=SSE) as url:
        stream = await track(litellm.acompletion)(**options(url, **STREAMED))
        _ = [chunk async for chunk in stream]

    assert ("success", 10, 5, []) == figures(local)
    assert local.runs()[0].time_to_first_token_ms >= 40


def test_c6_usage_that_was_not_asked_for_is_no_zero(local, track):
    """The kit keeps it to itself."""
    with answering(*chunks(), content_type=SSE) as url:
        list(track(litellm.completion)(**options(url, stream=True)))

    assert ("success", None, None, []) == figures(local)


def test_c6_other_formats():
    """Text completions, embeddings, responses, and Anthropic's messages, which are plain dicts."""
    usage = kinds.Usage(**USAGE)
    types = importlib.import_module("litellm.types.llms.openai")
    responded = types.ResponsesAPIResponse(
        id="r",
        created_at=1,
        status="completed",
        output=[{"type": "function_call", "name": "weather", "arguments": "{}", "call_id": "c"}],
        usage={"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
    )
    message = {"type": "message", "content": [], "usage": {"input_tokens": 4, "cache_read_input_tokens": 6}}

    assert ("success", ALL, None) == told(kinds.TextCompletionResponse(choices=[], usage=usage))
    assert ("success", TokenUsage(10, 10, 0), None) == told(
        kinds.EmbeddingResponse(usage=kinds.Usage(prompt_tokens=10, total_tokens=10))
    )
    assert ("success", ALL, ["weather"]) == told(responded)
    assert ("success", TokenUsage(10, 10, 0), None) == told(message)


DETAILS = {"input_token_details": {"audio_tokens": 8, "text_tokens": 2}}
COUNTED = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
PICTURE = {"created": 1, "data": [{"b64_json": "aa"}]}
SOUND = {"text": "hi"}


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("ImageResponse", {**PICTURE, "usage": COUNTED}, ALL),
        ("ImageResponse", PICTURE, None),
        ("TranscriptionResponse", {**SOUND, "usage": {"type": "tokens", **COUNTED, **DETAILS}}, ALL),
        ("TranscriptionResponse", {**SOUND, "usage": {"type": "duration", "seconds": 5}}, None),
        ("TranscriptionResponse", SOUND, None),
    ],
)
def test_c6_pictures_and_sound(kind, body, expected):
    """Their own classes, as litellm makes them; what is paid by duration, or without a usage, has no tokens."""
    empty = getattr(kinds, kind)()
    what = "image_generation" if kind == "ImageResponse" else "audio_transcription"
    result = parsing.convert_to_model_response_object(body, empty, what, hidden_params={})

    assert kind == type(result).__name__
    assert ("success", expected, None) == told(result)


RESPONSE: dict[str, Any] = {
    "id": "r",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "output": [],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}


def event(kind: str, **fields: Any) -> str:
    """Return an event of a response's stream."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


COMPLETED = {**RESPONSE, "status": "completed", "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}}
PART = {"type": "output_text", "text": "hi", "annotations": []}
ANSWER = {"id": "m", "type": "message", "role": "assistant", "status": "completed", "content": [PART]}
EVENTS = (
    event("response.created", response={**RESPONSE, "status": "in_progress"}),
    event("response.output_text.delta", item_id="m", output_index=0, content_index=0, delta="hi"),
    event("response.completed", response=COMPLETED),
)


@pytest.mark.parametrize("native", [True, False])
def test_f5_a_stream_of_a_response(native, local, track):
    """Its events are litellm's own; it makes some up for a model that cannot stream as far as it knows."""
    pieces = EVENTS if native else (json.dumps({**COMPLETED, "output": [ANSWER]}),)
    with answering(*pieces, content_type=SSE if native else "application/json") as url:
        more = {**options(url), "model": "openai/gpt-4o" if native else "openai/m", "input": "hi", "stream": True}
        del more["messages"]
        list(track(litellm.responses)(**more))

    assert ("success", 10, 5, []) == figures(local)
    assert local.runs()[0].time_to_first_token_ms is not None
