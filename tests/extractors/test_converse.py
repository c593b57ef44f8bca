"""Bedrock's Converse as plain dicts: replies, the events of streams, guardrails (C6, E5)."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.tracker import TokenUsage

from bedrock_wire import CACHED, CACHED_USAGE, CALL, TOKENS, USAGE, WITH_CACHE, events, guardrail, reply
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.extractors.plain import DictStream

NOVA_CACHED = {**CACHED, "cacheReadInputTokenCount": 60, "cacheWriteInputTokenCount": 40}
INSIDE = {"inputTokens": 107, "outputTokens": 5, "totalTokens": 112, "cacheReadInputTokens": 100}
NO_TOTAL = {"inputTokens": 7, "outputTokens": 5, "cacheReadInputTokens": 100}

REPLIES = [
    (reply(), reading(tokens=TOKENS)),
    (reply(usage=CACHED_USAGE), reading(tokens=WITH_CACHE)),
    (reply(usage=NOVA_CACHED), reading(tokens=WITH_CACHE)),
    (reply(usage={**CACHED_USAGE, **NOVA_CACHED}), reading(tokens=WITH_CACHE)),
    (reply(usage=INSIDE), reading(tokens=WITH_CACHE)),
    (reply(usage=NO_TOTAL), reading(tokens=WITH_CACHE)),
    (reply({"text": "hi"}, CALL, CALL, stop="tool_use"), reading("success", TOKENS, ["get_weather"] * 2)),
    (reply(stop="max_tokens"), reading(tokens=TOKENS)),
    (reply(stop="content_filtered"), reading("error", TOKENS)),
    (reply(stop="malformed_model_output"), reading("error", TOKENS)),
    (reply(stop="malformed_tool_use"), reading("error", TOKENS)),
    ({"output": {}, "stopReason": "end_turn"}, reading()),
    ({"usage": USAGE}, reading(tokens=TOKENS)),
]


@pytest.mark.parametrize(("value", "expected"), REPLIES)
def test_c6_replies(read, value, expected):
    """Cached tokens come on top of the input, unless the total shows that they are inside; the stop reason decides."""
    assert expected == read(value)


GUARDED = [
    ({}, "error"),
    ({"trace": guardrail()}, "error"),
    ({"trace": guardrail("BLOCKED")}, "error"),
    ({"trace": guardrail("ANONYMIZED", "BLOCKED")}, "error"),
    ({"trace": guardrail("ANONYMIZED", "NONE")}, "success"),
    ({"trace": guardrail(reason="Guardrail masked.")}, "success"),
    ({"trace": guardrail("NONE", reason="Guardrail blocked.")}, "error"),
]


@pytest.mark.parametrize(("changes", "outcome"), GUARDED)
def test_e5_guardrails(read, changes, outcome):
    """A guardrail that the trace shows to have only masked let an answer through; any other is an error."""
    assert reading(outcome, TOKENS) == read(reply(stop="guardrail_intervened", **changes))
    assert reading(outcome, TOKENS) == fold(*events(stop="guardrail_intervened", **changes))[0].result()


def fold(*chunks: Any) -> tuple[Any, list[bool]]:
    """Fold a stream of dicts."""
    stream = DictStream()
    return stream, [stream.feed(chunk) for chunk in chunks]


START = {"contentBlockStart": {"start": {"toolUse": {"toolUseId": "t", "name": "get_weather"}}, "contentBlockIndex": 0}}


@pytest.mark.parametrize(
    ("delta", "output"),
    [
        ({"text": "hi"}, True),
        ({"text": ""}, False),
        ({"reasoningContent": {"text": "hm"}}, True),
        ({"reasoningContent": {"signature": "s"}}, False),
        ({"toolUse": {"input": "{"}}, True),
        ({"toolUse": {"input": ""}}, False),
        ({"image": {"source": {"bytes": b"x"}}}, True),
        ({"citation": {"title": "t"}}, False),
    ],
)
def test_e4_output_begins_with_text_thinking_or_a_tool_call(delta, output):
    """A signature, a citation and an empty piece are none."""
    stream, fed = fold(*events(delta))

    assert [False, output, False, False, False] == fed
    assert stream.complete
    assert reading(tokens=TOKENS) == stream.result()


def test_e4_the_start_of_a_tool_call_is_output():
    """It names the tool already; the start of a picture or of a tool's result does not."""
    stream, fed = fold(START, {"contentBlockStart": {"start": {"image": {"format": "png"}}}})

    assert [True, False] == fed
    assert reading(tool_calls=["get_weather"]) == stream.result()


def test_c8_one_event_tells_the_stream():
    """Each of the events is known by its name, metadata by its usage."""
    assert {DictStream} == {_registry.find_chunk(event).extractor for event in events()}
    assert _registry.find_chunk({"metadata": {"source": "mine"}}) is None


def test_e_a_stream_can_break_off():
    """Without `messageStop` the generation broke off, in a later reply too."""
    assert not fold(*events()[:-2])[0].complete
    assert not fold(*events(), *events()[:2])[0].complete


def test_c8_several_replies_in_one_stream_are_added_up():
    """The calls of a loop count together; the last one's outcome holds."""
    stream, _ = fold(*events(stop="content_filtered"), *events())

    assert reading(tokens=TokenUsage(total=24, input=14, output=10)) == stream.result()
