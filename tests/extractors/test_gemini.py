"""Gemini's wire format in parsed bodies and the dicts of SDK objects (C6, C8, E)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.extractors import plain
from ldtrack.extractors._gemini import GenerateStream, embeddings, generate_content

USAGE = {
    "promptTokenCount": 10,
    "cachedContentTokenCount": 4,
    "toolUsePromptTokenCount": 3,
    "candidatesTokenCount": 5,
    "thoughtsTokenCount": 20,
    "totalTokenCount": 38,
}
TOKENS = TokenUsage(total=38, input=13, output=25)
SNAKE = {
    "prompt_token_count": 10,
    "tool_use_prompt_token_count": 3,
    "candidates_token_count": 5,
    "thoughts_token_count": 20,
}


def candidate(*parts: Any, reason: str | None = "STOP", **changes: Any) -> dict[str, Any]:
    """Return a candidate of these parts."""
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": reason, **changes}


def body(*candidates: Any, usage: Any = USAGE, **changes: Any) -> dict[str, Any]:
    """Return a response."""
    return {"candidates": list(candidates), "usageMetadata": usage, **changes}


def call(name: str) -> dict[str, Any]:
    """Return a part that calls a function."""
    return {"functionCall": {"name": name, "args": {}}}


def fold(*chunks: Any) -> tuple[Any, bool, list[bool]]:
    """Fold chunks: the reading, whether it is complete, and which chunks were output."""
    stream = GenerateStream()
    began = [stream.feed(chunk) for chunk in chunks]
    return stream.result(), stream.complete, began


def test_c6_tool_prompts_and_thoughts_are_added(read):
    """Gemini counts them apart; cached tokens are in the prompt. Camel and snake case are read alike."""
    snake = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finish_reason": "STOP"}], "usage_metadata": SNAKE}

    assert reading(tokens=TOKENS) == read(body(candidate({"text": "hi"})))
    assert reading(tokens=TOKENS) == read(snake)


def test_c6_a_total_alone_is_kept(read):
    """Where only the total is known, it is what is recorded; no counts are no tokens."""
    assert TokenUsage(total=7, input=0, output=0) == read(body(usage={"totalTokenCount": 7})).tokens
    assert read(body(candidate({"text": "hi"}), usage={"trafficType": "ON_DEMAND"})).tokens is None


@pytest.mark.parametrize(
    "reason", ["SAFETY", "RECITATION", "OTHER", "NO_IMAGE", "IMAGE_SAFETY", "IMAGE_OTHER", "MALFORMED_RESPONSE"]
)
def test_e_what_stops_a_generation_is_an_error(reason, read):
    """A policy, or a call or answer that came out wrong; the candidate may have no content then."""
    assert reading("error", TOKENS) == read(body({"finishReason": reason, "content": None}))


@pytest.mark.parametrize("reason", ["STOP", "MAX_TOKENS", "CONTINUATION", "INVENTED_LATER", None, 3])
def test_e_other_stops_are_successes(reason, read):
    """Truncation, and reasons of tomorrow."""
    assert reading(tokens=TOKENS) == read(body(candidate({"text": "hi"}, reason=reason)))


def test_e_one_usable_candidate_is_a_success(read):
    """Only if all candidates failed, the response did."""
    blocked = candidate(reason="SAFETY")

    assert "success" == read(body(blocked, candidate({"text": "hi"}))).outcome
    assert "error" == read(body(blocked, blocked)).outcome


def test_e_a_blocked_prompt_is_an_error(read):
    """There is no candidate; a reason that is not specified is none."""
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}}

    assert reading("error") == read(blocked)
    assert reading("error", TokenUsage(total=5, input=5, output=0)) == read(
        {**blocked, "usageMetadata": {"promptTokenCount": 5}}
    )
    unspecified = {"block_reason": SimpleNamespace(name="BLOCKED_REASON_UNSPECIFIED")}
    assert "success" == generate_content({"prompt_feedback": unspecified}).outcome


def test_tool_names_come_from_all_candidates(read):
    """Also from a candidate that stopped for a wrong call; a call without a name has none."""
    unexpected = candidate(call("f"), {"text": "x"}, call("g"), reason="UNEXPECTED_TOOL_CALL")

    assert ["f", "g", "h"] == read(body(unexpected, candidate(call("h"), {"functionCall": {"args": {}}}))).tool_calls


def test_tool_names_of_automatic_calls_are_from_this_turn():
    """The history begins with the caller's contents, whose calls were counted in their own turn."""
    turn = [
        {"role": "user", "parts": [{"text": "earlier"}]},
        {"role": "model", "parts": [call("old")]},
        {"role": "user", "parts": [{"functionResponse": {"name": "old"}}]},
        {"role": "user", "parts": [{"text": "now"}]},
        {"role": "model", "parts": [call("f"), call("g")]},
        {"role": "user", "parts": [{"functionResponse": {"name": "f"}}, {"functionResponse": {"name": "g"}}]},
    ]
    value = SimpleNamespace(candidates=[candidate(call("h"))], automatic_function_calling_history=turn)

    assert ["f", "g", "h"] == generate_content(value).tool_calls


def test_c6_embeddings_have_input_only():
    """From the usage, else from the statistics of each, else nothing is known."""
    counted = {"embeddings": [{"statistics": {"token_count": 3.0}}, {"statistics": {"tokenCount": 4}}, {"values": []}]}
    three = TokenUsage(total=3, input=3, output=0)

    assert reading(tokens=three) == embeddings({"usage_metadata": {"prompt_token_count": 3, "total_token_count": 3}})
    assert reading(tokens=three) == embeddings({"usageMetadata": {"totalTokenCount": 3}})
    assert reading(tokens=TokenUsage(total=7, input=7, output=0)) == embeddings(counted)
    assert reading() == embeddings({"embeddings": [{"values": [0.1]}]})


def test_c8_usage_is_a_running_total():
    """The last usage with counts holds; a finish reason is the end."""
    first = body(candidate({"text": "h"}, reason=None), usage={"promptTokenCount": 10, "totalTokenCount": 10})
    last = body(candidate({"text": "i"}), responseId="a")
    after = {"usageMetadata": {"trafficType": "ON_DEMAND"}, "responseId": "a"}

    assert (reading(tokens=TOKENS), True, [True, True, False]) == fold({"responseId": "a", **first}, last, after)


def test_c8_without_a_finish_reason_it_is_incomplete():
    """By the API's own word the model has not stopped then."""
    for reason in (None, "FINISH_REASON_UNSPECIFIED"):
        metrics, complete, _ = fold(body(candidate({"text": "h"}, reason=reason)))

        assert ("success", False) == (metrics.outcome, complete)


def test_c8_responses_after_each_other_are_added_up():
    """Automatic function calling sends several requests, each with its own id and running total."""
    asked = body(candidate(call("f")), responseId="a")
    answered = body(candidate({"text": "hi"}, reason="MAX_TOKENS"), usage=SNAKE, responseId="b")

    metrics, complete, _ = fold(asked, answered)

    assert (reading(tokens=TokenUsage(76, 26, 50), tool_calls=["f"]), True) == (metrics, complete)


def test_c8_a_response_left_in_the_middle_counts():
    """When an agent loop gives up a response, what it cost is still added, and the next one decides."""
    left = body(candidate({"text": "h"}, reason=None), responseId="a")
    failed = body(candidate(reason="SAFETY"), responseId="b")

    metrics, complete, _ = fold(left, failed)

    assert (reading("error", TokenUsage(76, 26, 50)), True) == (metrics, complete)


def test_c8_a_continued_generation_has_its_predecessors_total():
    """The SDK follows continuation tokens by itself, takes the finish reasons between away and adds the usage up."""
    first = body(candidate({"text": "h"}, reason=None, continuationToken="t"), responseId="a", usage=SNAKE)
    second = body(candidate({"text": "i"}), responseId="b")

    assert (reading(tokens=TOKENS), True, [True, True]) == fold(first, second)


def test_c8_the_callers_own_continuation_is_another_request():
    """There the finish reason is in place, and each response has a usage of its own."""
    first = body(candidate({"text": "h"}, reason="CONTINUATION", continuationToken="t"), responseId="a")

    assert TokenUsage(76, 26, 50) == fold(first, body(candidate({"text": "i"}), responseId="b"))[0].tokens


@pytest.mark.parametrize(
    ("part", "output"),
    [
        ({"text": "hi"}, True),
        ({"text": "hm", "thought": True}, True),
        ({"text": "", "thoughtSignature": "x"}, False),
        (call("f"), True),
        ({"functionCall": {}}, False),
        ({"executableCode": {"code": "1"}}, True),
        ({"codeExecutionResult": {"output": "1"}}, False),
        ({"inlineData": {"data": "aGk="}}, True),
        ({"inline_data": {"data": b"hi"}}, True),
        ({"toolCall": {"toolType": "GOOGLE_SEARCH_WEB"}}, True),
    ],
)
def test_e4_first_output(part, output):
    """Text, thoughts, calls, code and images are output; an empty thought and what code printed are not."""
    assert [output] == fold(body(candidate(part)))[2]


def test_e_a_stream_of_a_blocked_prompt_is_an_error():
    """It is complete, without a candidate."""
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 5}}

    assert (reading("error", TokenUsage(5, 5, 0)), True, [False]) == fold(blocked)


def test_e_a_stream_fails_if_all_its_candidates_do():
    """Each candidate ends by itself."""
    blocked, fine = candidate({"text": "x"}, reason="SAFETY"), candidate({"text": "y"}, index=1)

    assert "error" == fold(body(blocked))[0].outcome
    assert "success" == fold(body(blocked), body(fine))[0].outcome


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ({"candidates": [{"finishReason": "STOP"}]}, True),
        ({"candidates": [{"content": {"parts": []}}]}, True),
        ({"usageMetadata": USAGE}, True),
        ({"promptFeedback": {"blockReason": "OTHER"}}, True),
        ({"candidates": [{"name": "Ada"}]}, False),
        ({"candidates": ["Ada"]}, False),
        ({"usage_metadata": {"input_tokens": 3, "output_tokens": 4}}, False),
        ({"usage_metadata": None}, False),
    ],
)
def test_dicts_are_told_by_their_keys(value, known):
    """A response is told by its candidates or its counts: LangChain's usage metadata has other ones."""
    shape = plain.response_shape(value)

    assert known == (shape is not None and shape.extractor is generate_content)


def test_dict_chunks_are_folded():
    """Parsed server-sent events, and the items of the JSON array that comes without `alt=sse`."""
    chunks = [body(candidate({"text": "h"}, reason=None)), body(candidate({"text": "i"}))]
    stream = _registry.stream_extractor_for(chunks[0])()

    assert [True, True] == [stream.feed(chunk) for chunk in chunks]
    assert (reading(tokens=TOKENS), True) == (stream.result(), stream.complete)


def test_c6_chunks_in_a_list_are_one_response_by_their_id():
    """As that JSON array, parsed. Responses in a list, which look alike, have an id each, or none."""

    def listed(*ids: str | None) -> Any:
        pieces = [body(candidate({"text": "h"}), **({"responseId": one} if one else {})) for one in ids]
        return _registry.find(pieces).extractor(pieces).tokens

    twice = TokenUsage(total=2 * TOKENS.total, input=2 * TOKENS.input, output=2 * TOKENS.output)
    assert [TOKENS, twice, twice, twice] == [
        listed("a", "a"),
        listed("a", "b"),
        listed(None, None),
        listed("a", "a", "b"),
    ]


def test_a_parsed_error_is_an_error():
    """As HTTP answers have it, and a stream among its chunks."""
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    stream = plain.DictStream()
    stream.feed(body(candidate({"text": "h"}, reason=None)))
    stream.feed(error)

    assert "error" == plain.body(error).outcome
    assert reading("error", TOKENS) == stream.result()
