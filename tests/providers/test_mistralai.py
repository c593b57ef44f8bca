"""Mistral's SDK, of major versions 1 to 3 (C6, C8, E4)."""

from __future__ import annotations

import importlib
import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import said
from chat_wire import CALL, CHAT, SSE, TOKENS, TWICE, USAGE, chunk, completion, sse, stream
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

package = needs("mistralai")
sdk = package if hasattr(package, "Mistral") else importlib.import_module("mistralai.client")
models = importlib.import_module(f"{sdk.__name__}.models")

PLAIN = completion("tool_calls", tool_calls=[CALL])
ANSWERS = [((json.dumps(PLAIN),), "application/json", False), (sse(*stream()), SSE, True)]
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
FUNCTION = {"type": "function.call", "id": "f", "tool_call_id": "1", "name": "get_weather", "arguments": "{}"}
SEARCH = {"type": "tool.execution", "id": "s", "name": "web_search", "arguments": "{}"}
WORDS = {"type": "message.output", "id": "w", "role": "assistant", "content": "hi"}
CONNECTED = {**USAGE, "connector_tokens": 3, "total_tokens": 15}


def read(kind: str, value: Any) -> Any:
    """Read a response as the SDK's class."""
    response = getattr(models, kind).model_validate(value)
    return _registry.find(response).extractor(response)


def fold(kind: str, *events: Any) -> tuple[Any, list[bool]]:
    """Fold events as the SDK parses them."""
    parsed = [getattr(models, kind).model_validate(event) for event in events]
    extractor = _registry.find_chunk(parsed[0]).extractor()
    return extractor, [extractor.feed(event) for event in parsed]


def chats(*chunks: dict[str, Any]) -> tuple[Any, list[bool]]:
    """Fold the chunks of chats, which the SDK wraps."""
    return fold("CompletionEvent", *({"data": chunk} for chunk in chunks))


def conversation(*data: dict[str, Any]) -> tuple[Any, list[bool]]:
    """Fold the events of a conversation."""
    return fold("ConversationEvents", *({"event": event["type"], "data": event} for event in data))


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """Since major version 2 the SDK's async methods run on asyncio only."""
    return "asyncio"


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        *((reason, "success") for reason in ("stop", "length", "model_length", "tool_calls", "later")),
        ("error", "error"),
    ],
)
def test_c6_chats(reason, outcome):
    """They have OpenAI's fields; what the SDK leaves unset is nothing."""
    assert reading(outcome, TOKENS) == read("ChatCompletionResponse", completion(reason))
    assert reading(outcome, TOKENS, ["get_weather"]) == read(
        "ChatCompletionResponse", completion(reason, tool_calls=[CALL])
    )
    assert reading(outcome, TOKENS) == read("FIMCompletionResponse", completion(reason))


def test_c6_what_is_no_chat():
    """Embeddings and transcriptions have tokens; pages and verdicts have none."""
    vectors = {"id": "e", "object": "list", "model": "m", "data": [], "usage": {"prompt_tokens": 7, "total_tokens": 7}}
    spoken = {"model": "m", "text": "hi", "usage": USAGE, "language": "en"}

    assert reading(tokens=TokenUsage(7, 7, 0)) == read("EmbeddingResponse", vectors)
    assert reading(tokens=TOKENS) == read("TranscriptionResponse", spoken)
    assert reading() == read("OCRResponse", {"pages": [], "model": "m", "usage_info": {"pages_processed": 1}})
    assert reading() == read("ModerationResponse", {"id": "m", "model": "m", "results": []})


def test_c6_conversations():
    """Functions and the tools that Mistral ran have names; what connectors read is in the provider's total only."""
    value = {"conversation_id": "c", "outputs": [SEARCH, FUNCTION, WORDS], "usage": CONNECTED}

    assert reading("success", TOKENS, ["web_search", "get_weather"]) == read("ConversationResponse", value)


def test_c8_chats():
    """Chunks are wrapped in events; the last one has the usage."""
    folded, fed = chats(*stream())
    broken, _ = chats(*stream()[:2])

    assert [False, True, True, False] == fed
    assert (True, False) == (folded.complete, broken.complete)
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()


@pytest.mark.parametrize(
    ("content", "output"),
    [
        ([THOUGHT], True),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": ""}]}], False),
        ([{"type": "text", "text": ""}], False),
        ([{"type": "text", "text": ""}, {"type": "text", "text": "hi"}], True),
        ([{"type": "image_url", "image_url": "https://images.example/1"}], True),
        ([], False),
        (None, False),
    ],
)
def test_e4_content_in_parts(content, output):
    """A part counts if it says anything: text, a thought, or what is no text at all."""
    assert [output] == chats(chunk(content=content))[1]


def test_c8_several_messages():
    """The steps of a loop add up."""
    again = [{**chunk, "id": "d"} for chunk in stream(reason="error")]

    assert reading("error", TWICE, ["get_weather", "get_weather"]) == chats(*stream(), *again)[0].result()


STARTED = {"type": "conversation.response.started", "conversation_id": "c"}
DONE = {"type": "conversation.response.done", "usage": CONNECTED}


def test_c8_conversations():
    """Text and calls are output; each fragment of a call has its name."""
    function, search = {**FUNCTION, "type": "function.call.delta"}, {**SEARCH, "type": "tool.execution.started"}
    said = {**WORDS, "type": "message.output.delta"}
    ran = {"type": "tool.execution.done", "id": "s", "name": "web_search"}
    events = [STARTED, search, ran, {**said, "content": ""}, said, function, function, DONE]
    folded, fed = conversation(*events)
    twice, _ = conversation(*events, STARTED, DONE)

    assert [False, True, False, False, True, True, True, False] == fed
    assert folded.complete
    assert reading("success", TOKENS, ["web_search", "get_weather"]) == folded.result()
    assert TWICE == twice.result().tokens


def test_c8_runs_of_conversations():
    """The SDK calls the tools itself, and tells what they answer; each step of the model counts, the result repeats."""
    results = needs("mistralai.extra.run.result", "mistralai[agents]")
    answered = {"type": "function.result", "result": "fine", "tool_call_id": "1"}
    said = {**WORDS, "type": "message.output.delta"}
    events = [STARTED, {**FUNCTION, "type": "function.call.delta"}, DONE, answered, STARTED, said, DONE]
    parsed = [results.RunResultEvents.model_validate({"event": event["type"], "data": event}) for event in events]
    result = results.RunResult([], output_entries=[models.FunctionCallEntry.model_validate(FUNCTION)])
    (factory,) = {_registry.find_chunk(part).extractor for part in [*parsed, result]}
    extractor = factory()

    assert [False, True, False, False, False, True, False, False] == [
        extractor.feed(part) for part in [*parsed, result]
    ]
    assert extractor.complete
    assert reading("success", TWICE, ["get_weather"]) == extractor.result()
    assert reading(tool_calls=["get_weather"]) == _registry.find(result).extractor(result)


def test_e_conversations_that_end_badly():
    """An error comes as an event; one that breaks off is not complete."""
    failed, _ = conversation(STARTED, {"type": "conversation.response.error", "message": "no", "code": 500})
    broken, _ = conversation(STARTED)

    assert (True, reading("error")) == (failed.complete, failed.result())
    assert not broken.complete


def test_c8_transcriptions():
    """Each piece of text is output; the last event has the usage."""
    words = {"event": "transcription.text.delta", "data": {"type": "transcription.text.delta", "text": "hi"}}
    language = {
        "event": "transcription.language",
        "data": {"type": "transcription.language", "audio_language": "en"},
    }
    spoken = {"type": "transcription.done", "model": "m", "text": "hi", "language": "en", "usage": USAGE}
    folded, fed = fold("TranscriptionStreamEvents", language, words, {"event": "transcription.done", "data": spoken})

    assert [False, True, True] == fed
    assert folded.complete
    assert reading(tokens=TOKENS) == folded.result()


@pytest.mark.skipif(not hasattr(models, "SpeechStreamEvents"), reason="this release has no speech")
def test_c8_speech():
    """Sound is output; the last event has the usage."""
    sound = {"event": "speech.audio.delta", "data": {"type": "speech.audio.delta", "audio_data": "aGk="}}
    folded, fed = fold(
        "SpeechStreamEvents",
        sound,
        {"event": "speech.audio.done", "data": {"type": "speech.audio.done", "usage": USAGE}},
    )

    assert [True, False] == fed
    assert reading(tokens=TOKENS) == folded.result()
    assert reading() == read("SpeechResponse", {"audio_data": "aGk="})


@pytest.mark.parametrize(("answer", "content_type", "streaming"), ANSWERS)
def test_the_sync_methods(answer, content_type, streaming):
    """Plain calls and streams are recorded."""
    with answering(*answer, content_type=content_type) as url, sdk.Mistral(api_key="any", server_url=url) as client:
        ask = client.chat.stream if streaming else client.chat.complete
        recorded = track(lambda: ask(**CHAT))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


@pytest.mark.anyio
@pytest.mark.parametrize(("answer", "content_type", "streaming"), ANSWERS)
async def test_the_async_methods(answer, content_type, streaming):
    """Plain calls and streams are recorded."""
    with answering(*answer, content_type=content_type) as url:
        async with sdk.Mistral(api_key="any", server_url=url) as client:
            ask = client.chat.stream_async if streaming else client.chat.complete_async
            recorded = await atrack(lambda: ask(**CHAT))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


def test_c6_text_whose_tokens_are_estimated():
    """It is in the events of conversations."""
    said_so = {"event": "message.output.delta", "data": {**WORDS, "type": "message.output.delta"}}

    assert "hi" == said(models.ConversationEvents.model_validate(said_so))
