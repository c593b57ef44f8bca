"""Google's Interactions API in parsed bodies and events (C6, C8, E)."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.tracker import TokenUsage

from ldtrack._metrics import read as reading
from ldtrack.extractors import plain
from ldtrack.extractors._interactions import InteractionStream

USAGE = {
    "total_input_tokens": 10,
    "total_cached_tokens": 4,
    "total_tool_use_tokens": 3,
    "total_output_tokens": 5,
    "total_thought_tokens": 20,
    "total_tokens": 38,
}
TOKENS = TokenUsage(total=38, input=13, output=25)
CALLS = [
    {"type": "user_input", "content": []},
    {"type": "thought", "summary": []},
    {"type": "function_call", "name": "f", "arguments": {}, "id": "1"},
    {"type": "function_result", "call_id": "1", "name": "f"},
    {"type": "mcp_server_tool_call", "name": "ask", "server_name": "s"},
    {"type": "google_search_call", "id": "2"},
    {"type": "google_search_result", "call_id": "2"},
    {"type": "processing_call", "id": "3"},
    {"type": "function_call", "id": "4"},
    {"type": "UNKNOWN", "raw": {"type": "later_call"}},
]


def body(status: Any = "completed", *steps: Any, **changes: Any) -> dict[str, Any]:
    """Return an interaction."""
    known = {"object": "interaction", "id": "i", "status": status, "steps": list(steps), "usage": USAGE}
    return {**known, **changes}


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """Return an event of a stream."""
    return {"event_type": kind, **fields}


def delta(kind: str, **fields: Any) -> dict[str, Any]:
    """Return a step's delta."""
    return event("step.delta", index=0, delta={"type": kind, **fields})


def created(name: str = "i") -> dict[str, Any]:
    """Return the first event."""
    return event("interaction.created", interaction={"id": name, "status": "in_progress"})


def completed(name: str = "i", status: str = "completed", usage: Any = USAGE) -> dict[str, Any]:
    """Return the last event."""
    return event("interaction.completed", interaction={"id": name, "status": status, "usage": usage})


def fold(*events: Any) -> tuple[Any, bool, list[bool]]:
    """Fold events: the reading, whether it is complete, and which events were output."""
    stream = InteractionStream()
    began = [stream.feed(event) for event in events]
    return stream.result(), stream.complete, began


def test_c6_tool_prompts_and_thoughts_are_added(read):
    """As Gemini counts; nothing known is no tokens."""
    assert reading(tokens=TOKENS) == read(body())
    assert reading() == read(body(usage=None))


@pytest.mark.parametrize("status", ["completed", "incomplete", "requires_action", "requires_continuation", "idle", "x"])
def test_e_other_statuses_are_successes(status, read):
    """Cut short, waiting for the caller, or of tomorrow."""
    assert "success" == read(body(status)).outcome


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("failed", "error"), ("budget_exceeded", "error"), ("in_progress", None), ("queued", None), ("cancelled", None)],
)
def test_e_failed_and_open_interactions(status, outcome, read):
    """What runs in the background, or was called off, has no outcome."""
    assert outcome == read(body(status)).outcome


def test_tool_names(read):
    """Functions by their name, hosted tools by their step's type; results and media analysis are no calls."""
    assert ["f", "ask", "google_search"] == read(body("requires_action", *CALLS)).tool_calls


def test_c8_a_stream_ends_with_the_completed_interaction():
    """Usage may come before, as a running total; the last one holds."""
    some = {"total_input_tokens": 10, "total_output_tokens": 1}
    events = [
        created(),
        event("step.start", index=0, step={"type": "model_output"}),
        delta("text", text="hi"),
        event("step.stop", index=0, usage=some),
        event("interaction.status_update", interaction_id="i", status="in_progress"),
        completed(),
    ]

    assert (reading(tokens=TOKENS), True, [False, False, True, False, False, False]) == fold(*events)
    assert (reading(tokens=TokenUsage(11, 10, 1)), False) == fold(*events[:-1])[:2]


def test_c8_usage_beside_a_delta_counts():
    """Any event may bring the usage so far."""
    chunk = {**delta("text", text="hi"), "metadata": {"total_usage": USAGE}}

    assert TOKENS == fold(created(), chunk)[0].tokens


@pytest.mark.parametrize(
    ("status", "outcome", "complete"),
    [
        ("failed", "error", True),
        ("budget_exceeded", "error", True),
        ("requires_action", "success", True),
        ("cancelled", None, True),
        ("queued", "success", False),
    ],
)
def test_e_a_status_tells_how_a_stream_ended(status, outcome, complete):
    """By itself, or in the completed interaction."""
    update = event("interaction.status_update", interaction_id="i", status=status, usage=USAGE)

    assert (reading(outcome, TOKENS), complete) == fold(created(), update)[:2]
    assert (reading(outcome, TOKENS), complete) == fold(created(), completed(status=status))[:2]


def test_e_an_error_event_is_an_error():
    """It comes as a value."""
    assert (reading("error"), True, [False, False]) == fold(created(), event("error", error={"message": "no"}))


def test_c8_interactions_after_each_other_are_added_up():
    """The SDK follows continuation tokens by itself; each interaction has its own id and usage."""
    first = [created("a"), completed("a", "requires_continuation")]

    assert (reading(tokens=TokenUsage(76, 26, 50)), True) == fold(*first, created("b"), completed("b"))[:2]
    assert not fold(*first, created("b"))[1]


@pytest.mark.parametrize(
    ("chunk", "output"),
    [
        (delta("text", text="hi"), True),
        (delta("text", text=""), False),
        (delta("thought_summary", content={"type": "text", "text": "hm"}), True),
        (delta("thought_summary", content=None), False),
        (delta("thought_signature", signature="x"), False),
        (delta("arguments_delta", arguments='{"a"'), True),
        (delta("image", data="aGk="), True),
        (delta("video", uri="gs://v"), True),
        (delta("google_search_call", arguments={"queries": ["q"]}), True),
        (delta("code_execution_result", result="1", data="1"), False),
        (delta("text_annotation_delta", text="x"), False),
        (event("step.start", step=CALLS[2]), True),
        (event("step.start", step=CALLS[5]), True),
        (event("step.start", step={"type": "model_output", "content": [{"type": "text", "text": "h"}]}), True),
        (event("step.start", step={"type": "thought"}), False),
        (event("UNKNOWN"), False),
    ],
)
def test_e4_first_output(chunk, output):
    """Text, thoughts, media and calls are output; signatures, annotations and what tools gave are not."""
    assert [output] == fold(chunk)[2]


def test_tool_names_come_when_a_step_starts():
    """Once, although a delta of a hosted call follows."""
    events = [event("step.start", step=step) for step in CALLS]

    assert ["f", "ask", "google_search"] == fold(*events, delta("google_search_call", arguments={}))[0].tool_calls


def test_dicts_are_told_by_their_keys(read):
    """An interaction by its kind or its counts, an event by its type."""
    stream = plain.DictStream()
    for chunk in (created(), delta("text", text="hi"), completed()):
        stream.feed(chunk)

    assert reading(tokens=TOKENS) == read({"status": "completed", "usage": USAGE})
    assert (reading(tokens=TOKENS), True) == (stream.result(), stream.complete)
