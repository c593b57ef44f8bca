"""Responses and chunks inside others (C1): pairs, batches, models that hold a raw response, tuples of a stream."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack import extractor_for, register_extractor, register_stream_extractor, stream_extractor_for
from ldtrack._metrics import outcome_in


class Reply:
    """A provider's response."""

    def __init__(self, tokens: int = 3, success: bool = True) -> None:
        self.tokens = tokens
        self.success = success
        self.role = "assistant"


class Model:
    """A user's model, which instructor made of a response."""

    def __init__(self, raw: Any) -> None:
        self.__dict__["_raw_response"] = raw


class Delta(str):
    """A chunk."""

    __slots__ = ()


class Deltas:
    """Counts chunks; the last one is marked."""

    def __init__(self) -> None:
        self.count = 0
        self.complete = False

    def feed(self, chunk: Any) -> bool:
        self.count += 1
        self.complete = chunk == "end"
        return bool(chunk)

    def result(self) -> LDAIMetrics:
        return LDAIMetrics(success=True, tokens=TokenUsage(total=self.count, input=0, output=self.count))


@pytest.fixture(autouse=True)
def known() -> None:
    """Let the registry know `Reply`."""

    @register_extractor(Reply)
    def read_reply(reply: Reply) -> LDAIMetrics:
        usage = TokenUsage(total=reply.tokens, input=reply.tokens, output=0)
        return LDAIMetrics(success=reply.success, tokens=usage, tool_calls=["schema"])


def reading(value: Any) -> Any:
    """Read an object as the core does."""
    extractor = extractor_for(value)
    return None if extractor is None else extractor(value)


@pytest.mark.parametrize("holder", [Model(Reply()), ("the user's", Reply())], ids=["model", "pair"])
def test_c1_a_held_response_is_read_without_its_tool(holder):
    """Instructor puts the schema in as a tool, which is none of the user's."""
    found = reading(holder)

    assert (3, None, "success") == (found.tokens.total, found.tool_calls, outcome_in(found))


@pytest.mark.parametrize("value", [Model("text"), ("a", "b"), ("a", Reply(), "c"), [], ["text"], [1.0], (1, 2)])
def test_c1_what_carries_nothing_known_is_not_read(value):
    """It counts as a success without tokens."""
    assert reading(value) is None


def test_c6_a_batch_adds_up():
    """Tokens and tool calls of all; what nobody knows among them is passed over."""
    found = reading([Reply(3), Reply(4), "text"])

    assert (7, ["schema", "schema"], "success") == (found.tokens.total, found.tool_calls, outcome_in(found))


def test_c6_a_conversation_counts_from_the_users_last_message():
    """What came before it was counted when it came."""
    asked = Reply(0)
    asked.role = "user"

    assert 7 == reading([Reply(3), asked, Reply(3), asked, Reply(4), Reply(3)]).tokens.total


def test_e_one_failure_fails_a_batch():
    """Its tokens were paid for all the same."""
    found = reading([Reply(3, success=False), Reply(4)])

    assert (7, "error") == (found.tokens.total, outcome_in(found))


def test_c6_a_batch_whose_readings_tell_nothing_tells_nothing():
    """An extractor that returns None says nothing of its response."""
    register_extractor(Reply, lambda _reply: None)

    assert reading([Reply()]) is None


def test_c8_tuples_are_read_by_the_part_that_is_known():
    """Such as a message beside its metadata; tuples without one are no output, and tell nothing of completeness."""
    register_stream_extractor(Delta, Deltas)
    factory = stream_extractor_for((Delta("a"), {"node": "agent"}))
    assert factory is not None
    stream: Any = factory()

    assert stream.complete
    assert [True, False, True] == [stream.feed(chunk) for chunk in ((Delta("a"), {}), ({}, 1), (1, Delta("end")))]
    assert stream.complete
    assert 2 == stream.result().tokens.output


def test_c8_tuples_of_lists():
    """Each known chunk in a list counts, and the text of the first is that of all: they show one chunk."""
    register_stream_extractor(Delta, Deltas)
    pair = ([], [Delta(""), Delta("a")])
    factory = stream_extractor_for(pair)
    assert factory is not None
    stream: Any = factory()

    assert stream.feed(pair)
    assert 2 == stream.result().tokens.output
    assert (None, "") == (stream.usage_option, stream.text(pair))


def test_c8_tuples_of_unknown_parts_are_unknown():
    """The registry waits for one that it knows."""
    assert stream_extractor_for((1, "text")) is None
    assert stream_extractor_for(["text"]) is None


def test_c1_a_pair_is_read_by_the_one_that_is_known():
    """What xAI's `parse` gives is the response before the user's model; its tool calls are the model's own."""
    found = reading((Reply(), "the user's"))

    assert (3, ["schema"], "success") == (found.tokens.total, found.tool_calls, outcome_in(found))


def said(kind: str, tokens: int = 0) -> Any:
    """Return a message as LangChain's are."""
    usage = {"input_tokens": tokens, "output_tokens": 0, "total_tokens": tokens}
    return SimpleNamespace(type=kind, response_metadata={}, additional_kwargs={}, usage_metadata=usage, content="hi")


def test_c6_a_list_that_begins_with_a_question_is_a_history():
    """Only the answers to the last question count; earlier ones were counted when they came."""
    found = reading([said("human"), said("ai", 3), said("human"), said("ai", 4), said("ai", 5)])

    assert (9, "success") == (found.tokens.total, outcome_in(found))
