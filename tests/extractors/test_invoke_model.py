"""Bedrock's InvokeModel as plain dicts: headers, parsed bodies of each model family, the chunks of streams (C6, E5)."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from bedrock_wire import (
    CACHE_HEADERS,
    CALL,
    HEADERS,
    METRICS,
    TOKENS,
    USAGE,
    WITH_CACHE,
    claude_events,
    events,
    guardrail,
    reply,
)
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.extractors.plain import DictStream

INPUT = TokenUsage(total=7, input=7, output=0)
LLAMA = {"generation": "hi", "prompt_token_count": 7, "generation_token_count": 5, "stop_reason": "stop"}
TITAN = {"inputTextTokenCount": 7, "results": [{"tokenCount": 5, "outputText": "hi", "completionReason": "FINISH"}]}
FILTERED = {**TITAN, "results": [{"tokenCount": 5, "outputText": "", "completionReason": "CONTENT_FILTERED"}]}
JAMBA = {
    "choices": [{"index": 0, "message": {"content": "hi"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
}
CLAUDE = {"type": "message", "stop_reason": "refusal", "usage": {"input_tokens": 7, "output_tokens": 5}}
COHERE = {"generations": [{"text": "hi", "finish_reason": "COMPLETE"}]}
INTERVENED = {"amazon-bedrock-guardrailAction": "INTERVENED"}
MASKED = {**INTERVENED, "amazon-bedrock-trace": guardrail("ANONYMIZED")}
BLOCKED = {**INTERVENED, "amazon-bedrock-trace": guardrail("BLOCKED")}
LAST = {"amazon-bedrock-invocationMetrics": METRICS}


def invoked(body: Any, headers: dict[str, str] = HEADERS) -> dict[str, Any]:
    """Return what `invoke_model` does."""
    return {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": headers}, "contentType": "x", "body": body}


class Untouchable(io.RawIOBase):
    """A body that must not be read."""

    def read(self, size: int = -1) -> bytes:
        """Fail."""
        raise AssertionError(size)


@pytest.mark.parametrize(
    ("headers", "tokens"),
    [
        (HEADERS, TOKENS),
        (CACHE_HEADERS, WITH_CACHE),
        ({"x-amzn-bedrock-input-token-count": "7"}, INPUT),
        ({"x-amzn-bedrock-input-token-count": "seven"}, None),
        ({}, None),
    ],
)
def test_c6_counts_are_read_from_the_headers(read, headers, tokens):
    """The body can be read once, which is the caller's to do; cached tokens come on top."""
    assert reading(tokens=tokens) == read(invoked(Untouchable(), headers))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (reply(CALL, usage={}), reading("success", TOKENS, ["get_weather"])),
        (json.dumps(CLAUDE), reading("error", TOKENS)),
        (json.dumps(FILTERED).encode(), reading("error", TOKENS)),
        (json.dumps({"usage": {"inputTokens": 7}}), reading(tokens=TOKENS)),
        ("hi", reading(tokens=TOKENS)),
        ("[1]", reading(tokens=TOKENS)),
    ],
)
def test_c6_a_body_put_back_is_read_too(read, body, expected):
    """Parsed, or as text: tool names and failures are only there; counts that it lacks are in the headers."""
    assert expected == read(invoked(body))


@pytest.mark.parametrize(
    "value", [{"body": b"{}"}, {"body": b"{}", "ResponseMetadata": None}, invoked(iter(())), {"ResponseMetadata": {}}]
)
def test_b5_other_dicts_are_not_known(value):
    """Neither somebody's own dict with a body, nor one whose body is a stream of events."""
    assert _registry.find(value) is None


COMMAND = {"text": "hi", "generation_id": "1", "tool_calls": [{"name": "get_weather", "parameters": {}}]}
BODIES = [
    (LLAMA, reading(tokens=TOKENS)),
    (TITAN, reading(tokens=TOKENS)),
    (FILTERED, reading("error", TOKENS)),
    ({"embedding": [0.5], "inputTextTokenCount": 7}, reading(tokens=INPUT)),
    (JAMBA, reading(tokens=TOKENS)),
    (reply(), reading(tokens=TOKENS)),
    (CLAUDE, reading("error", TOKENS)),
    ({**LLAMA, **MASKED}, reading(tokens=TOKENS)),
    ({**LLAMA, **BLOCKED}, reading("error", TOKENS)),
    ({**LLAMA, **INTERVENED}, reading("error", TOKENS)),
    ({**LLAMA, "amazon-bedrock-guardrailAction": "NONE"}, reading(tokens=TOKENS)),
    ({**reply(CALL), **INTERVENED}, reading("error", TOKENS, ["get_weather"])),
    ({**COHERE, **MASKED}, reading()),
    ({"outputs": [{"text": "hi", "stop_reason": "stop"}]}, reading()),
    ({"choices": [{"message": {"content": "hi"}, "stop_reason": "stop"}]}, reading()),
    ({"completion": "hi", "stop_reason": "stop_sequence"}, reading()),
    ({"generations": [{"text": "hi", "finish_reason": "COMPLETE"}]}, reading()),
    ({"generations": [{"text": "hi", "finish_reason": "ERROR_TOXIC"}]}, reading("error")),
    ({"generations": [{"text": "hi", "finish_reason": end} for end in ("ERROR", "COMPLETE")]}, reading()),
    ({**COMMAND, "finish_reason": "COMPLETE"}, reading("success", None, ["get_weather"])),
    ({**COMMAND, "finish_reason": "ERROR_LIMIT"}, reading("error", None, ["get_weather"])),
]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_c6_parsed_bodies(read, body, expected):
    """Each family has its own names; a guardrail's action stands beside them, whatever the model says."""
    assert expected == read(body)


def chunk(event: Any) -> Any:
    """Return an event of `invoke_model_with_response_stream`."""
    return {"chunk": {"bytes": json.dumps(event).encode()}}


def fold(*chunks: Any) -> tuple[Any, list[bool]]:
    """Fold a stream of dicts."""
    stream = DictStream()
    return stream, [stream.feed(event) for event in chunks]


def cohere(text: str, **last: Any) -> dict[str, Any]:
    """Return an event of Cohere's."""
    return {"text": text, "is_finished": bool(last), **last}


NOVA = [*events()[:-1], {"metadata": {"usage": {**USAGE, "totalTokens": None}}, **LAST}]
LLAMA_EVENTS = [
    {"generation": "", "prompt_token_count": 7, "generation_token_count": 1, "stop_reason": None},
    {"generation": "hi", "prompt_token_count": None, "generation_token_count": 2, "stop_reason": None},
    {"generation": "", "prompt_token_count": None, "generation_token_count": 5, "stop_reason": "stop"},
]
TITAN_EVENT = {
    "outputText": "hi",
    "inputTextTokenCount": 7,
    "totalOutputTextTokenCount": 5,
    "completionReason": "FINISH",
}
TITAN_FILTERED = {**TITAN_EVENT, "completionReason": "CONTENT_FILTERED"}
MISTRAL = [
    {"outputs": [{"text": "hi", "stop_reason": None}]},
    {"outputs": [{"text": "", "stop_reason": "stop"}], **LAST},
]
MISTRAL_CHAT = [
    {"choices": [{"message": {"content": "hi"}, "stop_reason": None}]},
    {"choices": [{"message": {"content": ""}, "stop_reason": "stop"}], **LAST},
]
CHAT = [
    {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "hi"}}]},
    {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **LAST},
]
CLAUDE_2 = [{"completion": "hi", "stop_reason": None}, {"completion": "", "stop_reason": "stop_sequence", **LAST}]
COHERE_EVENTS = [cohere("hi"), cohere("", finish_reason="COMPLETE", **LAST)]

STREAMS = [
    (claude_events(), reading(tokens=TOKENS)),
    (NOVA, reading(tokens=TOKENS)),
    (LLAMA_EVENTS, reading(tokens=TOKENS)),
    ([TITAN_EVENT], reading(tokens=TOKENS)),
    ([TITAN_FILTERED], reading("error", TOKENS)),
    (MISTRAL, reading(tokens=TOKENS)),
    (MISTRAL_CHAT, reading(tokens=TOKENS)),
    (CHAT, reading(tokens=TOKENS)),
    (CLAUDE_2, reading(tokens=TOKENS)),
    (COHERE_EVENTS, reading(tokens=TOKENS)),
    ([cohere("hi"), cohere("", finish_reason="ERROR_TOXIC")], reading("error")),
    (claude_events(**MASKED), reading(tokens=TOKENS)),
    (claude_events(**BLOCKED), reading("error", TOKENS)),
    ([*NOVA[:-1], {**NOVA[-1], **INTERVENED}], reading("error", TOKENS)),
]


@pytest.mark.parametrize("wrap", [chunk, dict], ids=["chunks", "parsed by the caller"])
@pytest.mark.parametrize(("chunks", "expected"), STREAMS)
def test_c8_streams(chunks, expected, wrap):
    """Each family's own events, with what Bedrock adds: the model's own counts come first, the guardrail decides."""
    stream, fed = fold(*map(wrap, chunks))

    assert _registry.find_chunk(wrap(chunks[0])).extractor is DictStream
    assert 1 == sum(fed)
    assert stream.complete
    assert expected == stream.result()


@pytest.mark.parametrize("chunks", [claude_events()[:-2], NOVA[:-2], LLAMA_EVENTS[:-1], CHAT[:-1], COHERE_EVENTS[:-1]])
def test_e_a_stream_can_break_off(chunks):
    """Without the model's own last word, nor Bedrock's, the generation broke off."""
    assert not fold(*map(chunk, chunks))[0].complete


def test_c8_a_model_that_nobody_knows():
    """Its text is output all the same, and Bedrock has its counts."""
    stream, fed = fold(chunk({"text": "hi"}), chunk(LAST))

    assert [True, False] == fed
    assert stream.complete
    assert reading(tokens=TOKENS) == stream.result()


@pytest.mark.parametrize("odd", [b"", b"[1]", 5])
def test_c7_chunks_that_hold_no_object(odd):
    """They are no output, and cost nothing else."""
    stream, fed = fold(*map(chunk, claude_events()), {"chunk": {"bytes": odd}})

    assert not fed[-1]
    assert reading(tokens=TOKENS) == stream.result()


@pytest.mark.parametrize(("chunks", "times"), [(LLAMA_EVENTS, 2), ([TITAN_EVENT], 3), (CHAT, 2), (COHERE_EVENTS, 2)])
def test_c8_several_replies_in_one_stream_are_added_up(chunks, times):
    """The calls of a loop count together, and what a guardrail did in one is not held against the next."""
    blocked = [{**event, **BLOCKED} for event in chunks] if LAST.keys() <= chunks[-1].keys() else chunks
    stream, _ = fold(*map(chunk, [*blocked, *chunks * (times - 1)]))

    assert reading(tokens=TokenUsage(total=12 * times, input=7 * times, output=5 * times)) == stream.result()
