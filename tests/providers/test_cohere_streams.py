"""Cohere's streams of both versions of the API, as the SDK parses their events, and as plain dicts (C8, E4)."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import said
from cohere_wire import META, START, TOKENS, V1_STREAM, V2_STREAM, call, delta, end, event, reply_v1
from ldtrack import _registry
from ldtrack._metrics import read as reading
from needs import needs

cohere = needs("cohere")
core = needs("cohere.core.unchecked_base_model", "cohere")

WEATHER = {"name": "get_weather", "parameters": {}}
TIME = {"name": "get_time", "parameters": {}}


def as_parsed(value: dict[str, Any]) -> Any:
    """Parse an event as the SDK does."""
    if "type" in value:
        kind = cohere.V2ChatStreamResponse
    elif value["event_type"] == "stream-error":
        kind = cohere.GenerateStreamedResponse
    else:
        kind = cohere.StreamedChatResponse
    return core.construct_type(type_=kind, object_=value)


@pytest.fixture(params=["parsed", "plain"])
def fold(request):
    """Fold events, parsed or as they are."""

    def folding(*values: dict[str, Any]) -> tuple[Any, list[bool]]:
        events = [as_parsed(value) for value in values] if request.param == "parsed" else list(values)
        extractor = _registry.find_chunk(events[0]).extractor()
        return extractor, [extractor.feed(event) for event in events]

    return folding


def test_c8_text(fold):
    """The first text is the first token; the counts come at the end."""
    v2, fed_v2 = fold(*V2_STREAM)
    v1, fed_v1 = fold(*V1_STREAM)

    assert ([False, False, True, False, False], [False, True, False]) == (fed_v2, fed_v1)
    assert (True, True) == (v2.complete, v1.complete)
    assert reading(tokens=TOKENS) == v2.result() == v1.result()


@pytest.mark.parametrize(
    ("output", "value"),
    [
        (True, delta("content-start", content={"type": "text", "text": "hi"})),
        (True, delta("content-delta", content={"thinking": "hm"})),
        (True, delta("tool-plan-delta", tool_plan="I will")),
        (False, delta("tool-plan-delta", tool_plan="")),
        (True, call("get_weather")),
        (True, delta("tool-call-delta", tool_calls={"function": {"arguments": "{"}})),
        (False, delta("tool-call-delta", tool_calls={"function": {"arguments": ""}})),
        (False, delta("citation-start", citations={"text": "hi"})),
        (False, event("search-results", search_results=[], documents=[])),
        (True, event("tool-calls-chunk", tool_call_delta={"name": "get_weather", "index": 0})),
        (True, event("tool-calls-chunk", tool_call_delta={"index": 0, "text": "I will"}, text="I will")),
        (False, event("text-generation", text="")),
    ],
)
def test_e4_what_is_output(output, value, fold):
    """Text, thinking, plans and calls are; empty pieces, citations and what a search found are not."""
    assert [output] == fold(value)[1]


def test_c8_calls(fold):
    """In version 2 each starts with its name."""
    folded, _ = fold(START, call("get_weather"), call("get_time"), end("TOOL_CALL"))

    assert reading("success", TOKENS, ["get_weather", "get_time"]) == folded.result()


@pytest.mark.parametrize(
    ("events", "names"),
    [
        ([event("tool-calls-generation", tool_calls=[WEATHER, TIME])], ["get_weather", "get_time"]),
        ([event("tool-calls-chunk", tool_call_delta={"name": "get_time", "index": 0})], ["get_time"]),
        (
            [
                event("tool-calls-chunk", tool_call_delta={"name": "get_weather", "index": 0}),
                event("tool-calls-generation", tool_calls=[WEATHER]),
                event("stream-end", finish_reason="COMPLETE", response=reply_v1(tool_calls=[WEATHER])),
            ],
            ["get_weather"],
        ),
        ([event("stream-end", finish_reason="COMPLETE", response=reply_v1(tool_calls=[TIME]))], ["get_time"]),
    ],
)
def test_c8_calls_of_version_1(events, names, fold):
    """They come in pieces, whole, and with everything again at the end: each counts once."""
    assert names == fold(V1_STREAM[0], *events)[0].result().tool_calls


@pytest.mark.parametrize(
    "last",
    [
        end("ERROR"),
        end(None, error="overloaded"),
        event("stream-end", finish_reason="ERROR_TOXIC", response=reply_v1()),
        event("stream-end", finish_reason=None, response=reply_v1("ERROR")),
    ],
)
def test_e_failures(last, fold):
    """What the last event reports is an error, with the tokens that it tells."""
    folded, _ = fold(*V2_STREAM[:3], last)

    assert folded.complete
    assert reading("error", TOKENS) == folded.result()


def test_e_errors_of_texts(fold):
    """They come as an event of their own."""
    failed = event("stream-error", finish_reason="ERROR", err="no")
    folded, _ = fold(event("stream-start", generation_id="g"), failed)

    assert (True, reading("error")) == (folded.complete, folded.result())


def test_e_broken_off(fold):
    """Without its last event, a message is not complete; tokens are not known."""
    folded, _ = fold(*V2_STREAM[:3])

    assert (False, reading()) == (folded.complete, folded.result())


def test_c8_several_messages(fold):
    """The steps of a loop add up; the last one's outcome holds."""
    folded, _ = fold(START, call("get_weather"), end("ERROR"), *V1_STREAM[:1], call("get_time"), *V2_STREAM)

    assert reading("success", TokenUsage(24, 14, 10), ["get_weather", "get_time"]) == folded.result()


def test_c1_plain_dicts():
    """Parsed bodies are told by where they count."""
    for body in ({"usage": META}, {"meta": META}):
        assert reading(tokens=TOKENS) == _registry.find(body).extractor(body)
    assert _registry.find({"meta": {"page": 1}}) is None
    assert _registry.find_chunk({"type": "text-delta", "delta": "hi"}) is None


def test_c6_text_whose_tokens_are_estimated():
    """What was thought, planned, written and called with, if the stream was left before its counts came."""
    parts = [{"content": {"thinking": "hm"}}, {"tool_plan": " so"}, {"tool_calls": {"function": {"arguments": "{}"}}}]
    thought, planned, called = (delta("content-delta", **part) for part in parts)

    assert "hm so{} hi" == said(thought, planned, called, event("text-generation", text=" hi"))
