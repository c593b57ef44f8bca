"""OpenAI's Responses API, images and transcriptions (C6, E)."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.tracker import TokenUsage
from openai.types import ImageGenCompletedEvent, ImageGenPartialImageEvent, ImagesResponse, ModerationCreateResponse
from openai.types.audio import Transcription, TranscriptionTextDeltaEvent, TranscriptionTextDoneEvent
from openai.types.responses import Response, ResponseErrorEvent, ResponseFailedEvent, ResponseTextDeltaEvent

from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.extractors._responses import ResponseStream, tool_name

USAGE = {"input_tokens": 7, "output_tokens": 5, "total_tokens": 12, "input_tokens_details": {"cached_tokens": 4}}
TOKENS = TokenUsage(total=12, input=7, output=5)


def body(status: Any = "completed", **changes: Any) -> dict[str, Any]:
    """Return the body of a response."""
    return {"id": "r", "object": "response", "status": status, "output": [], "usage": USAGE, **changes}


BODIES = [
    (body(), "success"),
    (body(None), "success"),
    (body(None, error={"code": "server_error"}), "error"),
    (body("failed", error={"code": "server_error"}), "error"),
    (body("incomplete", incomplete_details={"reason": "max_output_tokens"}), "success"),
    (body("incomplete", incomplete_details={"reason": "content_filter"}), "error"),
    (body("queued"), None),
    (body("in_progress"), None),
    (body("cancelled"), None),
]


@pytest.mark.parametrize("kind", [Response, dict])
@pytest.mark.parametrize(("value", "outcome"), BODIES)
def test_e_response_status(kind, value, outcome, read):
    """Truncation is a success, a filter or failure an error; what is still open is neither."""
    response = value if kind is dict else Response.construct(**value)

    assert reading(outcome, TOKENS) == read(response)


ITEMS = [
    ({"type": "function_call", "name": "f"}, ["f"]),
    ({"type": "custom_tool_call", "name": "c"}, ["c"]),
    ({"type": "mcp_call", "name": "m"}, ["m"]),
    ({"type": "web_search_call"}, ["web_search"]),
    ({"type": "local_shell_call"}, ["local_shell"]),
    ({"type": "function_call_output"}, []),
    ({"type": "reasoning"}, []),
    ({"type": "message"}, []),
    ({"type": "mcp_list_tools"}, []),
    ({"type": "program_call"}, []),
    ({"type": "function_call"}, []),
    ({}, []),
]


@pytest.mark.parametrize(("item", "expected"), ITEMS)
def test_c6_names_of_called_tools(item, expected):
    """Functions have names, hosted tools are called after their item; outputs and thoughts are no calls."""
    assert expected == list(tool_name(item))


def test_c6_tool_calls_of_a_response(read):
    """Tool names come in the order of the output."""
    response = Response.construct(**body(output=[item for item, _ in ITEMS]))

    assert ["f", "c", "m", "web_search", "local_shell"] == read(response).tool_calls


@pytest.mark.usefixtures("refusal_is_error")
def test_e5_refusals_can_count_as_errors(read):
    """With the switch, a refusal that the model wrote is an error."""
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "I won't"}]}

    assert "error" == read(Response.construct(**body(output=[refusal]))).outcome
    assert "success" == read(Response.construct(**body())).outcome


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """Return an event."""
    return {"type": kind, **fields}


EVENTS = [
    (event("response.created", response=body("in_progress", usage=None)), False),
    (event("response.output_text.delta", delta="hi"), True),
    (event("response.output_text.delta", delta=""), False),
    (event("response.reasoning_summary_text.delta", delta="hm"), True),
    (event("response.shell_call_output_content.delta", delta={"stdout": "x"}), False),
    (event("response.output_item.added", item={"type": "function_call", "name": "f"}), True),
    (event("response.output_item.added", item={"type": "web_search_call"}), False),
    (event("response.output_item.added", item={"type": "message"}), False),
    (event("response.image_generation_call.partial_image", partial_image_b64="x"), True),
    (event("response.completed", response=body()), False),
    (event("error", message="no"), False),
    ({}, False),
]


@pytest.mark.parametrize(("item", "expected"), EVENTS)
def test_e4_which_events_carry_output(item, expected):
    """Deltas, previews and the start of a call of one's own tools are output; a shell's is not the model's."""
    assert expected is ResponseStream().feed(item)


def fold(*events: Any) -> ResponseStream:
    """Fold events."""
    stream = ResponseStream()
    for item in events:
        stream.feed(item)
    return stream


CREATED, COMPLETED = (
    event("response.created", response=body("in_progress")),
    event("response.completed", response=body()),
)


def test_c8_a_whole_stream():
    """Tokens come with the end, tool names with each finished item."""
    done = event("response.output_item.done", item={"type": "function_call", "name": "f"})
    stream = fold(CREATED, done, COMPLETED)

    assert stream.complete
    assert reading("success", TOKENS, ["f"]) == stream.result()


def test_c8_several_responses_are_added_up():
    """A tool loop's responses add up; one that has not ended leaves the stream incomplete."""
    other = event("response.incomplete", response=body("incomplete", id="s"))

    assert TokenUsage(total=24, input=14, output=10) == fold(CREATED, COMPLETED, CREATED, other).result().tokens
    assert TOKENS == fold(CREATED, COMPLETED, COMPLETED).result().tokens
    assert not fold(CREATED, COMPLETED, CREATED).complete


def called(kind: str, name: str, **changes: Any) -> dict[str, Any]:
    """Return an event about an item that calls a function."""
    return event(f"response.output_item.{kind}", item={"type": "function_call", "name": name}, **changes)


def test_c6_tools_are_named_once_whatever_tells_of_them():
    """Items begin and end, and a response has them all: an early end, or a filter, leaves some of these out."""
    whole = event("response.completed", response=body(output=[{"type": "function_call", "name": "f"}]))
    begun, done = (called(kind, "f", output_index=0) for kind in ("added", "done"))

    assert ["f"] == fold(CREATED, begun).result().tool_calls
    assert ["f"] == fold(CREATED, begun, done).result().tool_calls
    assert ["f"] == fold(CREATED, begun, done, whole).result().tool_calls
    assert ["f"] == fold(CREATED, begun, done, COMPLETED).result().tool_calls
    assert ["f"] == fold(whole, whole).result().tool_calls
    assert ["f", "g"] == fold(called("added", "f"), called("done", "f"), called("done", "g")).result().tool_calls


def test_c6_each_response_has_items_of_its_own():
    """Another one begins when it says so, or with an item after an end."""
    second = event("response.completed", response=body(id="s"))
    f, g = (called("done", name, output_index=0) for name in "fg")

    assert ["f", "g"] == fold(CREATED, f, COMPLETED, CREATED, g, COMPLETED).result().tool_calls
    assert ["f", "g"] == fold(f, COMPLETED, g, second).result().tool_calls
    assert TokenUsage(total=24, input=14, output=10) == fold(f, COMPLETED, g, COMPLETED).result().tokens


def test_e_a_response_that_never_began_lacks_no_end():
    """Who passes on some events only may leave out both; a response under way has to end."""
    delta = event("response.output_text.delta", delta="hi")

    assert fold(delta, event("response.output_text.done", text="hi")).complete
    assert not fold(event("response.in_progress", response=body("in_progress")), delta).complete


def test_e_a_stream_that_was_cancelled_is_no_outcome():
    """As the response itself."""
    stream = fold(CREATED, event("response.cancelled", response=body("cancelled")))

    assert stream.complete
    assert None is stream.result().outcome


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (ResponseFailedEvent.construct(type="response.failed", response=body("failed")), reading("error", TOKENS)),
        (ResponseErrorEvent.construct(type="error", message="overloaded"), reading("error")),
    ],
)
def test_e_failures_that_come_as_values(item, expected):
    """A failed response and the flat error event are values that the SDK yields, not exceptions."""
    stream = _registry.find_chunk(item).extractor()
    stream.feed(item)

    assert stream.complete
    assert expected == stream.result()


def test_c1_one_extractor_serves_all_events():
    """Every class of event has the same factory, so that a stream has one extractor."""
    kinds = [ResponseTextDeltaEvent, ResponseFailedEvent, ResponseErrorEvent]

    assert {ResponseStream} == {_registry.stream_extractor_for(kind) for kind in kinds}


def test_c6_images_and_transcriptions(read):
    """Token usage is read where there is one; billed by duration there is none."""
    by_tokens = Transcription.construct(text="hi", usage={"type": "tokens", **USAGE})
    by_seconds = Transcription.construct(text="hi", usage={"type": "duration", "seconds": 5})

    assert reading(tokens=TOKENS) == read(ImagesResponse.construct(created=1, usage=USAGE))
    assert reading() == read(ImagesResponse.construct(created=1))
    assert reading(tokens=TOKENS) == read(by_tokens)
    assert reading() == read(by_seconds)
    assert reading() == read(ModerationCreateResponse.construct(id="m"))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (
            ImageGenPartialImageEvent.construct(type="image_generation.partial_image", b64_json="x"),
            ImageGenCompletedEvent.construct(type="image_generation.completed", b64_json="x", usage=USAGE),
        ),
        (
            TranscriptionTextDeltaEvent.construct(type="transcript.text.delta", delta="hi"),
            TranscriptionTextDoneEvent.construct(type="transcript.text.done", text="hi", usage=USAGE),
        ),
    ],
)
def test_c8_image_and_transcription_streams(first, last):
    """The finished event has the usage, and is the terminal marker."""
    stream = _registry.find_chunk(first).extractor()

    assert stream.feed(first)
    assert not stream.complete
    stream.feed(last)
    assert stream.complete
    assert reading(tokens=TOKENS) == stream.result()


def test_c8_whole_responses_in_a_stream_are_added_up():
    """A generator that yields a response per step of an agent loop counts all of them."""
    stream = _registry.find_chunk(Response.construct(**body())).extractor()
    stream.feed(Response.construct(**body(output=[{"type": "function_call", "name": "f"}])))
    stream.feed(Response.construct(**body("failed")))

    assert reading("error", TokenUsage(total=24, input=14, output=10), ["f"]) == stream.result()


def test_c8_responses_whose_begin_was_not_told_are_added_up():
    """Of another id, an end is that of another response; the same one told again is not."""
    again = event("response.completed", response=body(id="other"))

    assert TokenUsage(total=24, input=14, output=10) == fold(CREATED, COMPLETED, again).result().tokens
    assert TokenUsage(total=12, input=7, output=5) == fold(CREATED, COMPLETED, COMPLETED).result().tokens
