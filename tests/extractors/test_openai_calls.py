"""What each call of OpenAI's client gives, made by the client itself of what a server answers (C6, E, F5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types import audio, responses
from pydantic import BaseModel

from ldtrack.demo import answering
from whole_way import Recorded, drain, track

CHAT: Any = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
ASKED: Any = {"model": "m", "input": "hi"}
SOUND: Any = {"model": "m", "file": ("a.wav", b"x")}
USED = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
COUNTED: dict[str, Any] = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
TOKENS = {"usage": {"type": "tokens", **COUNTED}}
SECONDS = {"usage": {"type": "duration", "seconds": 5}}
HEARD: dict[str, Any] = {"text": "hi", "duration": 1, "language": "en", "task": "transcribe", "segments": []}
PICTURE: dict[str, Any] = {"created": 1, "data": [{"b64_json": "aa"}]}
KNOWN = {"id": "c", "object": "chat.completion", "created": 1, "model": "m"}
RESPONSE: dict[str, Any] = {"id": "r", "object": "response", "created_at": 1, "model": "m", "output": [], "tools": []}
FLAT_ERROR = {"type": "error", "code": "server_error", "message": "no", "sequence_number": 9, "param": None}

READ = Recorded("success", 3, 5, [], first_token=False)
STREAMED = READ._replace(first_token=True)
NO_TOKENS = Recorded("success", None, None, [], first_token=False)
BROKEN_OFF = Recorded("error", None, None, [], first_token=True)


class City(BaseModel):
    """What is parsed."""

    name: str


def choice(reason: Any = "stop", content: str = '{"name": "Rome"}', **message: Any) -> dict[str, Any]:
    """Return a completion with one choice."""
    told = {"role": "assistant", "content": content, **message}
    return {**KNOWN, "choices": [{"index": 0, "finish_reason": reason, "message": told}], "usage": USED}


def text(said: str, reason: Any = None, **changes: Any) -> dict[str, Any]:
    """Return a text completion, or a chunk of one."""
    choices = [{"index": 0, "text": said, "finish_reason": reason, "logprobs": None}]
    return {**KNOWN, "object": "text_completion", "choices": choices, **changes}


def answer(status: Any, **changes: Any) -> dict[str, Any]:
    """Return a response."""
    return {**RESPONSE, "parallel_tool_calls": True, "tool_choice": "auto", "status": status, **changes}


def events(*items: Any) -> str:
    """Return server-sent events."""
    named = [f"event: {item['type']}\n" if "type" in item else "" for item in items]
    sent = [f"{name}data: {json.dumps(item)}\n\n" for name, item in zip(named, items, strict=True)]
    return "".join(sent) + "data: [DONE]\n\n"


def called(ask: Callable[[Any], Any], body: Any, use: Any = drain, kind: Any = None) -> Recorded:
    """Make a call, answered with a body."""
    said = body if isinstance(body, str) else json.dumps(body)
    form = "text/event-stream" if "data: " in said else "application/json" if said.startswith("{") else "text/plain"
    with answering(said, content_type=form) as url:
        client: Any = openai.OpenAI(base_url=url, api_key="any", max_retries=0)
        if kind is not None:
            client = kind(azure_endpoint=url, api_key="any", api_version="1", max_retries=0)
        with client:
            return track(lambda: ask(client), use)


PLAIN: dict[str, Any] = {
    "parse": (lambda c: c.chat.completions.parse(**CHAT, response_format=City), choice(), READ),
    "completion": (
        lambda c: c.completions.create(model="m", prompt="x"),
        text("hi", "content_filter", usage=USED),
        READ._replace(outcome="error"),
    ),
    "embedding": (
        lambda c: c.embeddings.create(model="m", input="x", encoding_format="float"),
        {"object": "list", "model": "m", "data": [{"embedding": [1.0]}], "usage": {"prompt_tokens": 3}},
        READ._replace(output=None),
    ),
    "image": (lambda c: c.images.generate(prompt="x"), {**PICTURE, "usage": COUNTED}, READ),
    "image without usage": (lambda c: c.images.generate(prompt="x"), PICTURE, NO_TOKENS),
    "transcription": (lambda c: c.audio.transcriptions.create(**SOUND), {"text": "hi", **TOKENS}, READ),
    "by duration": (lambda c: c.audio.transcriptions.create(**SOUND), {"text": "hi", **SECONDS}, NO_TOKENS),
    "verbose": (
        lambda c: c.audio.transcriptions.create(**SOUND, response_format="verbose_json"),
        {**HEARD, **SECONDS},
        NO_TOKENS,
    ),
    "text": (lambda c: c.audio.transcriptions.create(**SOUND, response_format="text"), "hi", NO_TOKENS),
    "speech": (lambda c: c.audio.speech.create(model="m", voice="alloy", input="x"), "sound", NO_TOKENS),
    "moderation": (lambda c: c.moderations.create(input="x"), {"id": "m", "model": "m", "results": []}, NO_TOKENS),
    "response": (lambda c: c.responses.create(**ASKED), answer("completed", usage=COUNTED), READ),
    "parsed response": (
        lambda c: c.responses.parse(**ASKED, text_format=City),
        answer("completed", usage=COUNTED),
        READ,
    ),
    "queued": (
        lambda c: c.responses.create(**ASKED, background=True),
        answer("queued"),
        NO_TOKENS._replace(outcome=None),
    ),
    "in progress": (
        lambda c: c.responses.retrieve("r"),
        answer("in_progress"),
        NO_TOKENS._replace(outcome=None),
    ),
    "cancelled": (lambda c: c.responses.cancel("r"), answer("cancelled"), NO_TOKENS._replace(outcome=None)),
    "failed": (
        lambda c: c.responses.retrieve("r"),
        answer("failed", usage=COUNTED, error={"code": "server_error", "message": "no"}),
        READ._replace(outcome="error"),
    ),
    "no status": (lambda c: c.responses.create(**ASKED), answer(None, usage=COUNTED), READ),
}


@pytest.mark.parametrize(("ask", "body", "expected"), PLAIN.values(), ids=PLAIN)
def test_c6_a_call(ask: Any, body: Any, expected: Recorded) -> None:
    """Whatever the client makes of an answer is read."""
    assert expected == called(ask, body)


@pytest.mark.skipif(not hasattr(audio, "TranscriptionDiarized"), reason="came later")
def test_c6_a_transcription_by_speakers() -> None:
    """It has the tokens of every other."""

    def ask(client: Any) -> Any:
        return client.audio.transcriptions.create(**SOUND, response_format="diarized_json")

    assert READ == called(ask, {**HEARD, **TOKENS})


@pytest.mark.skipif(not hasattr(responses, "CompactedResponse"), reason="came later")
def test_c6_a_compacted_response() -> None:
    """It was paid for, too."""
    body = {"id": "r", "object": "response.compaction", "created_at": 1, "output": [], "usage": COUNTED}

    assert READ == called(lambda client: client.responses.compact(**ASKED), body)


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_e5_a_completion_that_cannot_be_parsed(reason: str) -> None:
    """The exception carries it."""

    def ask(client: Any) -> Any:
        return client.chat.completions.parse(**CHAT, response_format=City)

    with pytest.raises((openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError)) as caught:
        called(ask, choice(reason))
    assert caught.value


def preview(kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a piece of a picture, and the whole."""
    piece = {"type": f"{kind}.partial_image", "b64_json": "aa", "partial_image_index": 0}
    return piece, {"type": f"{kind}.completed", "b64_json": "aa", "usage": COUNTED}


MADE, EDITED = preview("image_generation"), preview("image_edit")
TEXT = ({"type": "transcript.text.delta", "delta": "hi"}, {"type": "transcript.text.done", "text": "hi", **TOKENS})
WORDS = (text("hi"), text("", "stop"), {**text(""), "choices": [], "usage": USED})
BEGUN = (
    {"type": "response.created", "response": answer("queued"), "sequence_number": 0},
    {"type": "response.queued", "response": answer("queued"), "sequence_number": 1},
    {"type": "response.output_text.delta", "delta": "hi", "sequence_number": 2},
)
DONE = {"type": "response.completed", "response": answer("completed", usage=COUNTED), "sequence_number": 3}
CANCELLED = {"type": "response.cancelled", "response": answer("cancelled"), "sequence_number": 3}
STREAMS: dict[str, Any] = {
    "image": (lambda c: c.images.generate(prompt="x", stream=True), MADE, STREAMED),
    "broken image": (lambda c: c.images.generate(prompt="x", stream=True), MADE[:1], BROKEN_OFF),
    "edited image": (lambda c: c.images.edit(prompt="x", image=b"x", stream=True), EDITED, STREAMED),
    "transcription": (lambda c: c.audio.transcriptions.create(**SOUND, stream=True), TEXT, STREAMED),
    "completion": (lambda c: c.completions.create(model="m", prompt="x", stream=True), WORDS, STREAMED),
    "background": (
        lambda c: c.responses.create(**ASKED, background=True, stream=True),
        (*BEGUN, DONE),
        STREAMED,
    ),
    "broken response": (lambda c: c.responses.create(**ASKED, stream=True), BEGUN, BROKEN_OFF),
    "error as a value": (lambda c: c.responses.create(**ASKED, stream=True), (*BEGUN, FLAT_ERROR), BROKEN_OFF),
    "cancelled": (
        lambda c: c.responses.create(**ASKED, stream=True),
        (*BEGUN, CANCELLED),
        BROKEN_OFF._replace(outcome=None),
    ),
    "gone on with": (
        lambda c: c.responses.retrieve("r", stream=True, starting_after=1),
        (BEGUN[-1], DONE),
        STREAMED,
    ),
}


@pytest.mark.parametrize(("ask", "sent", "expected"), STREAMS.values(), ids=STREAMS)
def test_c8_a_stream(ask: Any, sent: Any, expected: Recorded) -> None:
    """Its events are the client's own."""
    assert expected == called(ask, events(*sent))


FILTERED = {"error": {"message": "no", "code": "content_filter"}}
CUT = {**KNOWN, "choices": [{"index": 0, "finish_reason": "content_filter"}], "usage": USED}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (choice(), READ),
        (FILTERED, NO_TOKENS._replace(outcome="error")),
        (CUT, READ._replace(outcome="error")),
    ],
)
def test_c6_azure_s_client(body: Any, expected: Recorded) -> None:
    """It gives the same classes, and may leave out the choices or the message."""
    assert expected == called(lambda client: client.chat.completions.create(**CHAT), body, kind=openai.AzureOpenAI)


def test_e_an_answer_of_azure_s_that_is_an_error() -> None:
    """The same of a response: none of its fields is there."""
    failed = NO_TOKENS._replace(outcome="error")

    assert failed == called(lambda client: client.responses.create(**ASKED), FILTERED, kind=openai.AzureOpenAI)


def piece(delta: Any, reason: Any = None, index: int = 0) -> dict[str, Any]:
    """Return a chunk."""
    choices = [{"index": index, "delta": delta, "finish_reason": reason}]
    return {**KNOWN, "object": "chat.completion.chunk", "choices": choices}


CHUNKS = (
    piece({"role": "assistant", "content": ""}),
    piece({"content": "hi"}),
    piece({"content": "ho"}, index=1),
    piece({}, "stop"),
    piece({}, "stop", index=1),
    {**piece({}), "choices": [], "usage": USED},
)
CHAT_USES: dict[str, Callable[[Any], Any]] = {
    "iterated": list,
    "until_done": lambda stream: stream.until_done(),
    "get_final_completion": lambda stream: stream.get_final_completion(),
    "first step": lambda stream: (next(stream), stream.current_completion_snapshot, list(stream)),
}


@pytest.mark.parametrize("use", CHAT_USES.values(), ids=CHAT_USES)
def test_f5_the_stream_of_a_manager(use: Any) -> None:
    """However it is read, its two choices are one message."""

    def enter(manager: Any) -> None:
        with manager as stream:
            use(stream)

    assert STREAMED == called(lambda client: client.chat.completions.stream(**CHAT, n=2), events(*CHUNKS), enter)


RESPONSE_USES: dict[str, Callable[[Any], Any]] = {
    "iterated": list,
    "until_done": lambda stream: stream.until_done(),
    "get_final_response": lambda stream: stream.get_final_response(),
}


@pytest.mark.parametrize("use", RESPONSE_USES.values(), ids=RESPONSE_USES)
def test_f5_the_stream_of_a_response_s_manager(use: Any) -> None:
    """However it is read; a response that failed raises only where the whole is asked for."""
    failed = {**DONE, "type": "response.failed", "response": answer("failed", usage=COUNTED)}
    raised: list[bool] = []

    def enter(manager: Any) -> None:
        try:
            with manager as stream:
                use(stream)
        except RuntimeError:
            raised.append(True)

    def ask(client: Any) -> Any:
        return client.responses.stream(**ASKED)

    assert READ == called(ask, events(BEGUN[0], DONE), enter)
    assert [] == raised
    assert READ._replace(outcome="error") == called(ask, events(BEGUN[0], failed), enter)
    assert [True] * (use is RESPONSE_USES["get_final_response"]) == raised


def test_f5_a_stream_that_is_left_and_gone_on_with() -> None:
    """Each loop over it is another iterator, and none of them is its end."""

    def use(stream: Any) -> None:
        assert any(chunk.choices[0].delta.content for chunk in stream)
        assert 4 == len(list(stream))

    assert STREAMED == called(lambda client: client.chat.completions.create(**CHAT, stream=True), events(*CHUNKS), use)
