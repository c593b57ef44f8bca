"""Plain dicts and streams of them (C1, C6)."""

from __future__ import annotations

from collections import UserDict
from types import MappingProxyType
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from ldtrack import _registry, register_extractor
from ldtrack._metrics import read as reading
from ldtrack._switches import switches
from ldtrack.extractors import plain
from ldtrack.extractors.plain import DictStream

TOKENS = TokenUsage(total=12, input=7, output=5)
CHAT_USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
USAGE = {"input_tokens": 7, "output_tokens": 5}
CACHED = {**USAGE, "cache_read_input_tokens": 100}
WITH_CACHE = TokenUsage(total=112, input=107, output=5)
ERROR = {"error": {"message": "no", "code": "filtered"}}

SHAPES = [
    ({"object": "chat.completion", "usage": CHAT_USAGE}, reading(tokens=TOKENS)),
    ({"object": "text_completion", "usage": CHAT_USAGE}, reading(tokens=TOKENS)),
    ({"choices": [{"finish_reason": "content_filter"}]}, reading("error")),
    ({"usage": CHAT_USAGE}, reading(tokens=TOKENS)),
    ({"object": "list", "usage": {"prompt_tokens": 7, "total_tokens": 7}}, reading(tokens=TokenUsage(7, 7, 0))),
    ({"object": "response", "status": "failed", "usage": USAGE}, reading("error", TOKENS)),
    ({"usage": {**USAGE, "input_tokens_details": {"cached_tokens": 4}}}, reading(tokens=TOKENS)),
    ({"type": "message", "stop_reason": "refusal", "usage": USAGE}, reading("error", TOKENS)),
    ({"type": "message", "usage": CACHED}, reading(tokens=WITH_CACHE)),
    ({"usage": CACHED}, reading(tokens=WITH_CACHE)),
    (ERROR, reading("error")),
    ({"type": "error", "error": {"type": "overloaded_error"}}, reading("error")),
    ({"error": "overloaded"}, reading("error")),
    ({"error": {"code": 500}}, reading("error")),
]


@pytest.mark.parametrize("kind", [dict, UserDict, MappingProxyType])
@pytest.mark.parametrize(("value", "expected"), SHAPES)
def test_c6_shapes(kind, value, expected, read):
    """A mapping of any class is read by the first shape whose keys it has."""
    assert expected == read(kind(value))


@pytest.mark.parametrize(
    "value", [{}, {"answer": 42}, {"usage": {}}, {"type": "message"}, {"error": 0.02}, {"error": ""}]
)
def test_b5_other_dicts_are_not_known(value):
    """A dict of the user's own is left to the user's own extractor."""
    assert _registry.find(value) is None


def test_e5_parsing_errors(read):
    """What could not be parsed is an error, unless the switch says that the answer is there all the same."""
    raw = {"object": "chat.completion", "usage": CHAT_USAGE}
    unusable = {"raw": raw, "parsed": None, "parsing_error": ValueError()}

    assert reading(tokens=TOKENS) == read({"raw": raw, "parsed": {}, "parsing_error": None})
    assert reading("error", TOKENS) == read(unusable)
    assert reading("error") == read({**unusable, "raw": object()})
    switches.parsing_error = "success"
    try:
        assert reading(tokens=TOKENS) == read(unusable)
    finally:
        switches.parsing_error = "error"


def test_e5_a_failed_response_stays_failed_when_it_can_be_parsed(read):
    """The inner response's own outcome holds."""
    raw = {"object": "response", "status": "failed"}

    assert reading("error") == read({"raw": raw, "parsed": {}, "parsing_error": None})


def test_e5_an_inner_extractor_may_tell_nothing(read):
    """An extractor that returns None for the raw response leaves a success."""

    class Raw:
        pass

    register_extractor(Raw, lambda _: None)

    assert reading() == read({"raw": Raw(), "parsed": {}, "parsing_error": None})


def test_c6_bodies_of_unknown_shape():
    """Of an HTTP body that nobody knows, an error key tells the outcome."""
    assert reading() == plain.body({"answer": 42})
    assert reading("error") == plain.body({"error": "text"})
    assert reading() == plain.body([1, 2])


def test_e_an_error_in_a_body_is_one_in_any_format(read):
    """What was paid for before it is counted all the same."""
    failed = {"error": {"message": "overloaded"}, "usage": CHAT_USAGE}
    whole = {"object": "chat.completion", "choices": [{"finish_reason": "stop", "message": {}}], **failed}

    assert reading("error", TOKENS) == read(failed)
    assert reading("error", TOKENS) == plain.body(failed)
    assert reading("error", TOKENS) == plain.body(whole)
    assert reading(tokens=TOKENS) == plain.body({**whole, "error": None})


def test_c6_a_message_of_anthropic_s_may_lack_its_usage(read):
    """It is known by how it ended."""
    message = {"type": "message", "content": [{"type": "tool_use", "name": "f"}], "stop_reason": "refusal"}

    assert reading("error", None, ["f"]) == read(message)
    assert reading("error", None, ["f"]) == read({**message, "usage": None})
    assert _registry.find({"type": "message", "content": "hi"}) is None


CHAT = {"object": "chat.completion.chunk", "id": "c"}
CHAT_STREAM = [
    {**CHAT, "choices": [{"index": 0, "delta": {"content": "hi"}}]},
    {**CHAT, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {**CHAT, "choices": [], "usage": CHAT_USAGE},
]
RESPONSE_STREAM = [
    {"type": "response.output_text.delta", "delta": "hi"},
    {"type": "response.completed", "response": {"id": "r", "status": "completed", "usage": USAGE}},
]
MESSAGE_STREAM = [
    {"type": "message_start", "message": {"usage": {"input_tokens": 7}}},
    {"type": "ping"},
    {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "hi"}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]
TEXT_STREAM = [
    {
        "object": "text_completion",
        "choices": [{"index": 0, "text": "hi", "finish_reason": "stop"}],
        "usage": CHAT_USAGE,
    },
]


def fold(*chunks: Any) -> tuple[Any, list[bool]]:
    """Fold a stream of dicts."""
    stream = DictStream()
    return stream, [stream.feed(chunk) for chunk in chunks]


@pytest.mark.parametrize("kind", [dict, UserDict])
@pytest.mark.parametrize("chunks", [CHAT_STREAM, RESPONSE_STREAM, MESSAGE_STREAM, TEXT_STREAM])
def test_c8_streams_of_dicts(chunks, kind):
    """Parsed server-sent events of each format are read as the SDK's objects are."""
    stream, fed = fold(*map(kind, chunks))

    assert _registry.find_chunk(kind(chunks[0])).extractor is DictStream
    assert 1 == sum(fed)
    assert stream.complete
    assert reading(tokens=TOKENS) == stream.result()


def test_c8_counts_at_the_end_belong_to_the_chunks_before():
    """A last dict that does not say what it is, but has a usage, is the current format's; alone it is nobody's."""
    chunks = [{key: value for key, value in chunk.items() if key != "object"} for chunk in CHAT_STREAM]

    assert reading(tokens=TOKENS) == fold(*chunks)[0].result()
    assert fold(chunks[-1])[0].result() is None


def test_e_a_stream_of_dicts_can_break_off():
    """The format's own terminal marker decides."""
    assert not fold(*CHAT_STREAM[:1])[0].complete
    assert fold({"type": "ping"})[0].complete


def test_e_errors_among_the_events():
    """An error that comes as a value is an error, whatever was read before, and even alone."""
    assert reading("error", TOKENS) == fold(*CHAT_STREAM, ERROR)[0].result()
    assert reading("error") == fold({"type": "error"})[0].result()


def test_c8_formats_can_be_mixed():
    """A stream that switches formats adds up; the latest one's outcome holds."""
    failed = {"type": "response.failed", "response": {"id": "r", "status": "failed", "usage": USAGE}}
    stream, _ = fold(*CHAT_STREAM, failed, *MESSAGE_STREAM, failed)

    assert reading("error", TokenUsage(total=36, input=21, output=15)) == stream.result()


def test_c8_dicts_that_nobody_knows_tell_nothing():
    """A stream of the user's own dicts is left to the default."""
    assert _registry.find_chunk({"text": "hi"}) is None
    assert fold({"text": "hi"})[0].result() is None
