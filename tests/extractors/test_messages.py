"""Anthropic's messages and their streams (C6, E)."""

from __future__ import annotations

from typing import Any

import pytest
from anthropic.lib.streaming import TextEvent
from anthropic.types import Message, MessageTokensCount, RawContentBlockDeltaEvent, RawMessageStartEvent
from anthropic.types.beta import BetaMessage, BetaRawMessageStartEvent
from ldai.tracker import TokenUsage

from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.extractors._messages import MessageStream

try:
    from anthropic.types import ParsedMessage
except ImportError:  # came with structured outputs
    ParsedMessage = Message

USAGE = {"input_tokens": 3, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 100, "output_tokens": 5}
TOKENS = TokenUsage(total=118, input=113, output=5)


def body(reason: str = "end_turn", *blocks: Any, **changes: Any) -> dict[str, Any]:
    """Return a message."""
    known = {"id": "m", "type": "message", "role": "assistant", "model": "c", "stop_reason": reason, "usage": USAGE}
    return {**known, "content": list(blocks), **changes}


CALLS = [
    {"type": "text", "text": "hi"},
    {"type": "tool_use", "id": "1", "name": "f", "input": {}},
    {"type": "server_tool_use", "id": "2", "name": "web_search", "input": {}},
    {"type": "mcp_tool_use", "id": "3", "name": "ask", "input": {}},
    {"type": "tool_use", "id": "4", "name": "click", "toolset_name": "browser", "input": {}},
    {"type": "tool_use", "id": "5", "name": ""},
]


@pytest.mark.parametrize("kind", [Message, ParsedMessage, BetaMessage, dict])
def test_c6_cached_tokens_are_added(kind, read):
    """`input_tokens` leaves out what was cached; an absent count is nothing."""
    some = {**USAGE, "cache_creation_input_tokens": None}

    assert reading(tokens=TOKENS) == read(kind(**body()) if kind is dict else kind.construct(**body()))
    assert 103 == read(kind(**body(usage=some)) if kind is dict else kind.construct(**body(usage=some))).tokens.input


@pytest.mark.parametrize("reason", ["max_tokens", "stop_sequence", "pause_turn", "compaction", "invented_later"])
def test_e_other_stops_are_successes(reason, read):
    """Truncation, pauses and reasons of tomorrow are successes."""
    assert "success" == read(Message.construct(**body(reason))).outcome


def test_e_a_refusal_is_an_error(read):
    """A refusal is imposed by the service."""
    assert reading("error", TOKENS) == read(Message.construct(**body("refusal")))


def test_c6_tool_names(read):
    """Client, server and MCP tools are named; a browser click is named after its toolset."""
    assert ["f", "web_search", "ask", "browser"] == read(Message.construct(**body("tool_use", *CALLS))).tool_calls
    assert ["f", "web_search", "ask", "browser"] == read(body("tool_use", *CALLS)).tool_calls


def test_c6_counting_tokens_is_no_usage(read):
    """The count that `count_tokens` returns was not generated."""
    assert reading() == read(MessageTokensCount.construct(input_tokens=7))


def start(**usage: Any) -> dict[str, Any]:
    """Return the first event."""
    return {"type": "message_start", "message": body(usage=usage, stop_reason=None)}


def block(**content: Any) -> dict[str, Any]:
    """Return the start of a content block."""
    return {"type": "content_block_start", "index": 0, "content_block": content}


def delta(**fields: Any) -> dict[str, Any]:
    """Return a piece of a content block."""
    return {"type": "content_block_delta", "index": 0, "delta": fields}


def stop(reason: Any = "end_turn", **usage: Any) -> dict[str, Any]:
    """Return the event that has the reason and the final counts."""
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


STOPPED = {"type": "message_stop"}

EVENTS = [
    (start(input_tokens=1), False),
    ({"type": "ping"}, False),
    (block(type="text", text=""), False),
    (block(type="tool_use", name="f"), True),
    (delta(type="text_delta", text="hi"), True),
    (delta(type="text_delta", text=""), False),
    (delta(type="thinking_delta", thinking="hm"), True),
    (delta(type="input_json_delta", partial_json="{"), True),
    (delta(type="compaction_delta", content="so far"), True),
    (delta(type="signature_delta", signature="x"), False),
    (delta(type="citations_delta", citation={}), False),
    (stop(), False),
    (STOPPED, False),
]


@pytest.mark.parametrize(("event", "expected"), EVENTS)
def test_e4_which_events_carry_output(event, expected):
    """Text, thinking and tool calls are output; starts, signatures and citations are not."""
    assert expected is MessageStream().feed(event)


def fold(*events: Any) -> MessageStream:
    """Fold events."""
    stream = MessageStream()
    for event in events:
        stream.feed(event)
    return stream


def test_c6_counts_of_a_stream_are_cumulative():
    """Of each count the latest that was sent holds, zeros included; what is not repeated stays."""
    older = fold(start(input_tokens=3, cache_read_input_tokens=100, output_tokens=1), stop(output_tokens=5), STOPPED)
    newer = fold(start(input_tokens=3, cache_read_input_tokens=100), stop(input_tokens=9, cache_read_input_tokens=0))

    assert reading(tokens=TokenUsage(total=108, input=103, output=5)) == older.result()
    assert TokenUsage(total=9, input=9, output=0) == newer.result().tokens


def test_e_a_stream_is_complete_once_the_model_has_stopped():
    """`message_stop` or a stop reason ends it; a stream that breaks off before has neither."""
    assert not fold(start(), delta(type="text_delta", text="hi"), stop(None)).complete
    assert fold(start(), stop("end_turn")).complete
    assert fold(start(), STOPPED).complete


def test_e_failures_in_a_stream():
    """A refusal, and an error that comes as a value, are errors."""
    assert "error" == fold(start(), stop("refusal"), STOPPED).result().outcome
    assert "error" == fold(start(), {"type": "error", "error": {}}).result().outcome


def test_c8_several_messages_are_added_up():
    """A tool loop's messages add up; the last one's outcome holds, and it must be complete."""
    first = [start(input_tokens=3), block(type="tool_use", name="f"), stop("tool_use", output_tokens=5), STOPPED]
    second = [start(input_tokens=10), stop("end_turn", output_tokens=2), STOPPED]

    assert reading("success", TokenUsage(total=20, input=13, output=7), ["f"]) == fold(*first, *second).result()
    assert not fold(*first, second[0]).complete


def test_c1_one_extractor_serves_raw_and_derived_events_and_their_beta_twins():
    """Derived events repeat raw ones: they go to the same extractor."""
    kinds = [RawMessageStartEvent, RawContentBlockDeltaEvent, BetaRawMessageStartEvent, TextEvent]

    assert {MessageStream} == {_registry.stream_extractor_for(kind) for kind in kinds}


TEXT = TextEvent.construct(type="text", text="hi", snapshot="hi")
WHOLE = {"type": "message_stop", "message": body("tool_use", {"type": "tool_use", "id": "1", "name": "f"})}


def test_e4_derived_events_that_come_alone_are_output():
    """Who passes on the text alone passes on no message that could lack its end."""
    stream = MessageStream()

    assert [True, False] == [stream.feed(TEXT), stream.feed({"type": "signature", "signature": "x"})]
    assert stream.complete
    assert reading() == stream.result()


def test_c6_a_whole_message_at_the_end_tells_what_was_left_out():
    """`.stream()` sends it along; of a message whose start was seen it repeats what is known."""
    whole = reading("success", TOKENS, ["f"])
    both = reading("success", TokenUsage(total=236, input=226, output=10), ["f", "f"])
    called = block(type="tool_use", name="f")

    assert whole == fold(TEXT, WHOLE).result()
    assert whole == fold(called, stop(output_tokens=2), WHOLE).result()
    assert whole == fold(start(**USAGE), called, stop("tool_use", output_tokens=5), WHOLE).result()
    assert both == fold(TEXT, WHOLE, TEXT, WHOLE).result()
    assert both == fold(WHOLE, stop(output_tokens=2), WHOLE).result()
    assert both == fold(WHOLE, called, WHOLE).result()
    assert "error" == fold({**WHOLE, "message": body("refusal")}).result().outcome


def test_c8_the_tool_runners_messages_are_added_up():
    """A runner yields one message per call of the model."""
    stream = _registry.find_chunk(BetaMessage.construct(**body())).extractor()

    assert [True, True] == [stream.feed(BetaMessage.construct(**body())) for _ in range(2)]
    assert 236 == stream.result().tokens.total
