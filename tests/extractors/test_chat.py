"""Chat completions, as OpenAI's SDK hands them out and as plain dicts (C6, E5)."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from ldai.tracker import TokenUsage
from openai.lib._parsing._completions import parse_chat_completion
from openai.lib.streaming.chat import (
    ChunkEvent,
    ContentDeltaEvent,
    ContentDoneEvent,
    FunctionToolCallArgumentsDeltaEvent,
    RefusalDeltaEvent,
)
from openai.types import Completion, CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ParsedChatCompletion
from pydantic import BaseModel

from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.extractors._chat import ChatStream

USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
TOKENS = TokenUsage(total=12, input=7, output=5)
TOTAL_ONLY = TokenUsage(total=12, input=0, output=0)


def choice(reason: Any = "stop", **message: Any) -> dict[str, Any]:
    """Return a choice."""
    return {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": "hi", **message}}


def body(*choices: Any, **changes: Any) -> dict[str, Any]:
    """Return the body of a chat completion."""
    known = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": USAGE}
    return {**known, "choices": list(choices or [choice()]), **changes}


def call(name: str, **changes: Any) -> dict[str, Any]:
    """Return a call of a function."""
    return {"id": f"call-{name}", "type": "function", "function": {"name": name, "arguments": "{}"}, **changes}


def chunk(delta: Any = None, reason: Any = None, *, index: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a chunk with one choice, or none if there is no delta."""
    choices = [] if delta is None else [{"index": index, "delta": delta, "finish_reason": reason}]
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **changes}


BODIES = [
    pytest.param(body(), reading(tokens=TOKENS), id="plain"),
    pytest.param(body(usage=None), reading(), id="no usage"),
    pytest.param(body(usage={"total_tokens": 12}), reading(tokens=TOTAL_ONLY), id="total only"),
    pytest.param(body(choice("length")), reading(tokens=TOKENS), id="truncated"),
    pytest.param(body(choice("content_filter")), reading("error", TOKENS), id="filtered"),
    pytest.param(body({"index": 0, "finish_reason": "content_filter"}), reading("error", TOKENS), id="Azure's filter"),
    pytest.param(body(choice("content_filter"), choice()), reading(tokens=TOKENS), id="one choice is usable"),
    pytest.param(body(choice(refusal="I won't")), reading(tokens=TOKENS), id="refusal by the model"),
    pytest.param(body(choice(tool_calls=[call("a"), call("b")])), reading("success", TOKENS, ["a", "b"]), id="tools"),
    pytest.param(
        body(choice(tool_calls=[{"id": "x", "type": "custom", "custom": {"name": "sql", "input": ""}}])),
        reading("success", TOKENS, ["sql"]),
        id="custom tool",
    ),
    pytest.param(
        body(choice(tool_calls=[{"id": "x", "type": "brand_new"}])), reading(tokens=TOKENS), id="unknown kind of tool"
    ),
    pytest.param(
        body(choice(function_call={"name": "old", "arguments": ""})), reading("success", TOKENS, ["old"]), id="legacy"
    ),
    pytest.param(body(choice(tool_calls=[call("")])), reading(tokens=TOKENS), id="tool without a name"),
]


@pytest.mark.parametrize("kind", [ChatCompletion, dict])
@pytest.mark.parametrize(("value", "expected"), BODIES)
def test_c6_chat_completions(kind, value, expected, read):
    """SDK objects and dicts of the same body are read alike."""
    response = value if kind is dict else ChatCompletion.construct(**value)

    assert expected == read(response)


def test_c6_azures_prompt_filter_answers_200_without_choices(read):
    """A body that only has an error, which the SDK keeps as an undeclared field, is an error."""
    response = ChatCompletion.construct(error={"message": "filtered", "code": "content_filter"})

    assert response.choices is None
    assert reading("error") == read(response)


def test_c1_parsed_completions_are_completions(read):
    """The class that `parse()` makes at run time is found through its parent."""

    class City(BaseModel):
        name: str

    response = parse_chat_completion(
        response_format=City,
        input_tools=openai.omit,
        chat_completion=ChatCompletion.model_validate(body(choice(content='{"name": "Rome"}'))),
    )

    assert isinstance(response, ParsedChatCompletion)
    assert reading(tokens=TOKENS) == read(response)


@pytest.mark.usefixtures("refusal_is_error")
def test_e5_refusals_can_count_as_errors(read):
    """With the switch, a refusal that the model wrote is an error, streamed or not."""
    stream = ChatStream()
    for item in (chunk({"refusal": "I"}), chunk({"refusal": " won't"}), chunk({}, "stop")):
        stream.feed(item)

    assert reading("error", TOKENS) == read(body(choice(refusal="I won't")))
    assert "error" == stream.result().outcome


@pytest.mark.parametrize("kind", ["object", "dict"])
def test_c6_text_completions_and_embeddings(kind, read):
    """What is counted in the same words is read alike; embeddings write nothing."""
    choices = [{"index": 0, "text": "hi", "finish_reason": "stop", "logprobs": None}]
    completion = {
        "id": "c",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": choices,
        "usage": USAGE,
    }
    embeddings = {"object": "list", "model": "m", "data": [], "usage": {"prompt_tokens": 4, "total_tokens": 4}}
    if kind == "object":
        completion = Completion.construct(**completion)
        embeddings = CreateEmbeddingResponse.construct(**embeddings)

    assert reading(tokens=TOKENS) == read(completion)
    assert reading(tokens=TokenUsage(total=4, input=4, output=0)) == read(embeddings)


DELTAS = [
    ({"role": "assistant", "content": ""}, False),
    ({"content": "hi"}, True),
    ({"refusal": "no"}, True),
    ({"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}, True),
    ({"function_call": {"arguments": "{"}}, True),
    ({"audio": {"data": "UklGRg=="}}, True),
    ({"audio": {"transcript": "hi"}}, True),
    ({"audio": {"expires_at": 1}}, False),
    ({"reasoning_content": "hm"}, True),
    ({"reasoning": "hm"}, True),
    ({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}, True),
    ({}, False),
    (None, False),
]


@pytest.mark.parametrize("kind", [ChatCompletionChunk, dict])
@pytest.mark.parametrize(("delta", "expected"), DELTAS)
def test_e4_which_chunks_carry_output(kind, delta, expected):
    """Text, refusals, reasoning, sound and tool calls are output; roles, usage and filter results are not."""
    item = chunk(delta)

    assert expected is ChatStream().feed(item if kind is dict else ChatCompletionChunk.construct(**item))


def fold(*chunks: Any) -> ChatStream:
    """Fold chunks as SDK objects."""
    stream = ChatStream()
    for item in chunks:
        stream.feed(ChatCompletionChunk.construct(**item))
    return stream


def test_c8_usage_comes_in_a_chunk_of_its_own():
    """The last chunk has the usage and no choices; it belongs to the message before it."""
    stream = fold(chunk({"content": "hi"}), chunk({}, "stop"), chunk(usage=USAGE))

    assert stream.complete
    assert reading(tokens=TOKENS) == stream.result()


def test_c6_usage_that_was_not_asked_for_is_no_tokens():
    """Without include_usage there is no token event, and the stream is complete all the same."""
    stream = fold(chunk({"content": "hi"}), chunk({}, "stop"))

    assert stream.complete
    assert reading() == stream.result()


def test_c8_of_repeated_usage_the_last_counts():
    """Servers that repeat the usage on every chunk count up."""
    early = {"prompt_tokens": 7, "completion_tokens": 1, "total_tokens": 8}

    assert TOKENS == fold(chunk({"content": "a"}, usage=early), chunk({}, "stop", usage=USAGE)).result().tokens


def test_e_a_stream_without_a_finish_reason_is_incomplete():
    """A connection that ends cleanly in the middle leaves no finish reason."""
    assert not fold(chunk({"content": "hi"})).complete


def test_e_a_filtered_stream_is_an_error_unless_a_choice_is_usable():
    """As for whole responses, every choice must have failed."""
    assert "error" == fold(chunk({"content": "h"}), chunk({}, "content_filter")).result().outcome
    assert "success" == fold(chunk({}, "content_filter"), chunk({}, "stop", index=1)).result().outcome


def test_c8_messages_of_a_tool_loop_are_added_up():
    """Several messages in one stream: tokens and tools add up, the last one's end counts."""
    first = [chunk({"tool_calls": [{"index": 0, **call("a")}]}), chunk({}, "tool_calls"), chunk(usage=USAGE)]
    second = [chunk({"content": "hi"}, id="d"), chunk({}, "length", id="d"), chunk(usage=USAGE, id="d")]

    assert not fold(*first, *second[:1]).complete
    assert reading("success", TokenUsage(total=24, input=14, output=10), ["a"]) == fold(*first, *second).result()


def test_c8_messages_of_one_id_are_told_apart_by_their_ends():
    """A server that gives every message the same id: output after the end starts another message."""
    message = [chunk({"content": "hi"}), chunk({}, "stop"), chunk(usage=USAGE)]

    assert TokenUsage(total=24, input=14, output=10) == fold(*message, *message).result().tokens


def test_c8_a_finish_reason_on_every_chunk_ends_no_message():
    """Some servers send one with each chunk, and count up: it is one message, whatever its first chunk carries."""
    usages = [{**USAGE, "completion_tokens": written, "total_tokens": 7 + written} for written in range(6)]
    chunks = [chunk({"content": f"{written}"}, "stop", usage=usage) for written, usage in enumerate(usages)]

    assert TOKENS == fold(*chunks).result().tokens
    assert TOKENS == fold(chunk({"role": "assistant"}, "stop", usage=usages[0]), *chunks[1:]).result().tokens


def test_c8_a_role_begins_the_next_message_of_the_same_id():
    """Even if the message turns out to be empty; but not if nothing follows: some servers end with such a chunk."""
    first = [chunk({"content": "hi"}), chunk({}, "tool_calls"), chunk(usage=USAGE)]
    opening = chunk({"role": "assistant", "content": ""}, usage=USAGE)

    both = fold(*first, chunk({"role": "assistant"}), chunk({}, "stop"), chunk(usage=USAGE))

    assert TokenUsage(total=24, input=14, output=10) == both.result().tokens
    assert (TOKENS, True) == (fold(*first, opening).result().tokens, fold(*first, opening).complete)


def test_c8_output_after_an_end_without_output_is_another_message():
    """Where the usage comes with the finish reason, there is no chunk between two messages of the same id."""
    message = [chunk({"content": "hi"}), chunk({}, "stop", usage=USAGE)]

    assert TokenUsage(total=24, input=14, output=10) == fold(*message, *message).result().tokens


def test_c8_messages_can_come_interleaved():
    """Each usage counts once, whichever message it comes after."""
    one, other = "c", "d"
    stream = fold(
        chunk({"content": "1"}, id=one),
        chunk({"content": "2"}, id=other),
        chunk({}, "stop", id=one),
        chunk({"content": "2"}, id=other),
        chunk(usage=USAGE, id=one),
        chunk({}, "stop", id=other),
        chunk(usage=USAGE, id=other),
    )

    assert (TokenUsage(total=24, input=14, output=10), True) == (stream.result().tokens, stream.complete)


def test_f8_of_many_messages_only_the_sum_is_kept():
    """A loop of any length takes the memory of a few messages."""
    stream = fold(
        *(item for turn in range(50) for item in (chunk({}, "stop", id=f"{turn}"), chunk(usage=USAGE, id=f"{turn}")))
    )

    assert 350 == stream.result().tokens.input
    assert 20 > len(stream._usages)


def test_e_where_no_choice_was_seen_no_marker_is_missing():
    """A generator that turns its chunks into text, and passes on the one with the usage, has dropped the marker."""
    stream = fold(chunk(usage=USAGE))

    assert (TOKENS, True) == (stream.result().tokens, stream.complete)


def test_c8_two_choices_of_one_message_end_apart():
    """A choice that goes on after the other's end does not start another message."""
    stream = fold(chunk({}, "stop"), chunk({"content": "b"}, index=1), chunk({}, "stop", index=1), chunk(usage=USAGE))

    assert TOKENS == stream.result().tokens


def test_c8_tool_names_are_counted_once_per_call():
    """The name comes in the first fragment; a repeated one is no other call, another id in the same place is."""
    fragments = [
        {"index": 0, "id": "1", "function": {"name": "a", "arguments": ""}},
        {"index": 0, "function": {"name": "a", "arguments": "{}"}},
        {"index": 0, "id": "2", "function": {"name": "a", "arguments": "{}"}},
        {"index": 1, "id": "3", "custom": {"name": "c"}},
    ]
    chunks = [chunk({"tool_calls": [fragment]}) for fragment in fragments]

    assert ["a", "a", "c", "old"] == fold(*chunks, chunk({"function_call": {"name": "old"}})).result().tool_calls


def test_c8_a_tool_name_may_come_after_the_first_fragment():
    """A server that sends the id first names the tool all the same."""
    fragments = [
        {"index": 0, "id": "1"},
        {"index": 0, "function": {"name": "a", "arguments": "{"}},
        {"index": 0, "id": "1", "function": {"name": "a", "arguments": "}"}},
    ]

    assert ["a"] == fold(*(chunk({"tool_calls": [fragment]}) for fragment in fragments)).result().tool_calls


def test_c8_text_completion_chunks():
    """Chunks of text completions have their text in the choice itself."""
    stream = _registry.find_chunk(Completion.construct(choices=[])).extractor()
    texts = [("", None), ("hi", None), ("", "stop")]
    fed = [
        stream.feed(Completion.construct(choices=[{"index": 0, "text": text, "finish_reason": reason}]))
        for text, reason in texts
    ]

    assert [False, True, False] == fed
    assert stream.complete


@pytest.mark.parametrize(
    ("event", "output"),
    [
        (ContentDeltaEvent.construct(type="content.delta", delta="hi"), True),
        (ContentDeltaEvent.construct(type="content.delta", delta=""), False),
        (RefusalDeltaEvent.construct(type="refusal.delta", delta="no"), True),
        (FunctionToolCallArgumentsDeltaEvent.construct(arguments_delta="{"), True),
        (ContentDoneEvent.construct(type="content.done", content="hi"), False),
    ],
)
def test_e4_derived_events_that_come_alone_are_output(event, output):
    """Who passes on the text alone passes on no message that could lack its end."""
    stream = _registry.find_chunk(event).extractor()

    assert output is stream.feed(event)
    assert stream.complete


@pytest.mark.parametrize("error", [openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError])
def test_e5_tokens_of_completions_that_parse_rejected(error):
    """What `parse()` raises carries the completion that was paid for."""
    exc = error.__new__(error)  # the second one takes no completion in older releases
    exc.completion = ChatCompletion.model_validate(body(choice("length", tool_calls=[call("a")])))

    assert reading("error", TOKENS, ["a"]) == _registry.find_exception(exc).extractor(exc)


def test_e5_a_rejected_stream_may_have_no_completion():
    """Raised from a stream, there may be nothing to read."""
    exc = openai.ContentFilterFinishReasonError()

    assert _registry.find_exception(exc).extractor(exc) is None
    assert _registry.find_exception(ValueError()) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ([{"type": "text", "text": ""}], False),
        ([{"type": "thinking", "thinking": []}], False),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": ""}]}], False),
        ([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}], True),
        ([{"type": "text", "text": ""}, {"type": "text", "text": "hi"}], True),
        ([{"type": "image_url", "image_url": "x"}], True),
        ({"type": "text", "text": ""}, False),
        ({"type": "text", "text": "hi"}, True),
    ],
)
def test_e4_content_in_parts(content, expected):
    """Some servers send parts, whose texts may all be empty; one without a text is an image, say."""
    assert expected is ChatStream().feed(chunk({"content": content}))


def test_c8_derived_events_of_a_managed_stream_repeat_its_chunks():
    """`chat.completions.stream()` gives each chunk as such, and what it derives from it: its text is there once."""
    factory = _registry.find_chunk(ContentDeltaEvent(type="content.delta", delta="hi", snapshot="hi")).extractor
    raw = ChunkEvent.construct(type="chunk", chunk=ChatCompletionChunk.construct(**chunk({"content": "hi"})))
    derived = ContentDeltaEvent(type="content.delta", delta="hi", snapshot="hi")

    assert ["hi", ""] == [factory().text(event) for event in (raw, derived)]
