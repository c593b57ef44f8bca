"""What Google's SDKs make of Gemini's wire format, on stand-ins of their classes (C1, C6, E)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from ldtrack._metrics import read as reading
from ldtrack.extractors.google_adk import EventStream, event
from ldtrack.extractors.google_genai import token_count
from ldtrack.extractors.vertexai import GenerationStream, generation

USAGE = SimpleNamespace(prompt_token_count=3, candidates_token_count=4, total_token_count=7)
TOKENS = TokenUsage(total=7, input=3, output=4)


def adk(*parts: Any, **changes: Any) -> SimpleNamespace:
    """Return an event of a run."""
    content = SimpleNamespace(role="model", parts=[SimpleNamespace(**part) for part in parts])
    return SimpleNamespace(
        **{"author": "agent", "content": content, "usage_metadata": USAGE, "partial": None, **changes}
    )


def call(name: str) -> dict[str, Any]:
    """Return a part that calls a function."""
    return {"function_call": SimpleNamespace(name=name)}


def fold(*events: Any) -> tuple[Any, list[bool]]:
    """Fold events: the reading, and which were output."""
    stream = EventStream()
    return [stream.feed(event) for event in events], stream.result()


class Message(SimpleNamespace):
    """A protobuf message of the deprecated SDK."""

    def to_dict(self, *, use_integers_for_enums: bool) -> dict[str, Any]:
        """Return what was sent."""
        assert not use_integers_for_enums
        return vars(self)


def test_counting_tokens_is_no_usage():
    """Nothing was generated."""
    assert reading() == token_count(SimpleNamespace(total_tokens=3))


def test_c6_the_deprecated_sdk_is_read_from_its_dict():
    """Whole, and as a chunk."""
    sent = {"candidates": [{"finish_reason": "SAFETY", "content": {"parts": [{"text": "hi"}]}}]}
    response = SimpleNamespace(_raw_response=Message(**sent, usage_metadata=vars(USAGE)))
    stream = GenerationStream()

    assert reading("error", TOKENS) == generation(response)
    assert (True, reading("error", TOKENS), True) == (stream.feed(response), stream.result(), stream.complete)


def test_c8_the_model_calls_of_a_run_are_added_up():
    """What the tools answered is no output, and costs nothing by itself."""
    answer = adk({"function_response": SimpleNamespace(name="f")}, usage_metadata=None)

    began, metrics = fold(adk(call("f")), answer, adk({"text": "hi"}))

    assert ([True, False, True], reading(tokens=TokenUsage(14, 6, 8), tool_calls=["f"])) == (began, metrics)


def test_c8_partial_events_are_repeated_by_a_whole_one():
    """They count only if the run is left before it came; the last one then."""
    pieces = [adk({"text": "h"}, partial=True), adk({"text": "i"}, call("f"), partial=True)]

    assert reading(tokens=TOKENS) == fold(*pieces)[1]
    assert reading(tokens=TOKENS, tool_calls=["f"]) == fold(*pieces, adk({"text": "hi"}, call("f"), partial=False))[1]
    assert reading(tokens=TOKENS) == fold(*pieces, adk({"text": "hi"}, usage_metadata=None))[1]


def test_c6_events_in_a_list_are_a_run_s():
    """Whichever they are: the whole ones count."""
    assert EventStream.is_one_stream([adk({"text": "hi"})])


def test_c8_what_the_user_said_and_is_asked_is_not_the_models():
    """The framework words its questions to the user as calls."""
    assert ([False, True], reading(tokens=TOKENS)) == fold(
        adk({"text": "hi"}, author="user"), adk(call("adk_request_credential"))
    )


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"error_code": "SAFETY"}, "error"),
        ({"error_code": "429"}, "error"),
        ({"error_code": SimpleNamespace(name="MALFORMED_FUNCTION_CALL")}, "error"),
        ({"error_code": "MAX_TOKENS", "finish_reason": "MAX_TOKENS"}, "success"),
        ({"finish_reason": SimpleNamespace(name="SAFETY")}, "error"),
        ({"finish_reason": "STOP"}, "success"),
    ],
)
def test_e_error_codes_are_errors(changes, outcome):
    """Except for the ends that are none; with content, the finish reason tells."""
    assert reading(outcome, TOKENS) == event(adk({"text": "hi"}, **changes))


def test_e_the_last_model_call_of_a_run_decides():
    """An error is made good by an answer, but not by an event without any."""
    failed, bookkeeping = adk(error_code="429"), adk(usage_metadata=None)

    assert "success" == fold(failed, adk({"text": "hi"}))[1].outcome
    assert "error" == fold(adk({"text": "hi"}), failed, bookkeeping)[1].outcome
