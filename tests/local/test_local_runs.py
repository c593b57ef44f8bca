"""H2: events are put together again, run by run."""

from __future__ import annotations

import pytest
from ldai.client import LDAIClient
from ldai.providers.types import JudgeResult, LDAIMetrics
from ldai.tracker import FeedbackKind, LDAIConfigTracker, TokenUsage
from ldclient import Context

ANN = Context.create("ann")


def answer():
    """Stand for a call of a model."""
    return "an answer"


def read(_response):
    """Read the response of `answer`."""
    return LDAIMetrics(success=True, tokens=TokenUsage(total=12, input=10, output=2), tool_calls=["search", "search"])


def test_h2_hand_written_tracking_is_one_run(local, track):
    """Everything that hand-written SDK code tracks for one execution is found in its run."""
    tracker = track(local)
    assert "an answer" == tracker.track_metrics_of(read, answer)
    tracker.track_time_to_first_token(7)
    tracker.track_feedback({"kind": FeedbackKind.Positive})
    tracker.track_judge_result(
        JudgeResult(judge_config_key="judge", success=True, sampled=True, metric_key="relevance", score=0.75)
    )
    (run,) = local.runs()

    assert ("support-chat", "default", 1) == (run.config_key, run.variation_key, run.version)
    assert ("gpt-4o", "openai", ANN) == (run.model_name, run.provider_name, run.context)
    assert ("success", 7, 10, 2, 12) == (
        run.outcome,
        run.time_to_first_token_ms,
        run.input_tokens,
        run.output_tokens,
        run.total_tokens,
    )
    assert (["search", "search"], "positive", {"relevance": 0.75}) == (run.tool_calls, run.feedback, run.judge_scores)
    assert 0 <= run.duration_ms < 5000
    assert {run.run_id} == {event.data["runId"] for event in run.events}
    assert 10 == len(run.events)


def test_h2_what_was_not_tracked_is_none(local, track):
    """A run without an event of a kind says so, instead of zero."""
    track(local).track_error()
    (run,) = local.runs()

    assert "error" == run.outcome
    assert [None] * 6 == [
        run.duration_ms,
        run.time_to_first_token_ms,
        run.input_tokens,
        run.output_tokens,
        run.total_tokens,
        run.feedback,
    ]
    assert ([], {}) == (run.tool_calls, run.judge_scores)


def test_h2_runs_come_in_the_order_of_their_first_events(local, track):
    """Interleaved runs are told apart, and the one that began to track first comes first."""
    first, second = track(local, user="ann"), track(local, user="bob")
    second.track_duration(2)
    first.track_duration(1)
    second.track_error()
    first.track_success()

    assert [("bob", 2, "error"), ("ann", 1, "success")] == [
        (run.context.key, run.duration_ms, run.outcome) for run in local.runs()
    ]


@pytest.mark.parametrize(
    ("kind", "expected"), [(FeedbackKind.Positive, "positive"), (FeedbackKind.Negative, "negative")]
)
def test_h2_later_feedback_belongs_to_its_run(local, track, kind, expected):
    """Feedback from a resumption token joins the run, and does not blank what the run knows of the model."""
    tracker = track(local)
    tracker.track_success()
    later = LDAIConfigTracker.from_resumption_token(tracker.resumption_token, local.client, ANN).value
    later.track_feedback({"kind": kind})
    (run,) = local.runs()

    assert (expected, "success", "gpt-4o") == (run.feedback, run.outcome, run.model_name)


def test_h2_the_names_are_found_wherever_they_come_first(local, track):
    """When only later events carry the model's name, the run still has it."""
    tracker = track(local)
    later = LDAIConfigTracker.from_resumption_token(tracker.resumption_token, local.client, ANN).value
    later.track_feedback({"kind": FeedbackKind.Negative})
    tracker.track_success()
    (run,) = local.runs()

    assert ("gpt-4o", "openai", "default") == (run.model_name, run.provider_name, run.variation_key)


def test_h2_the_first_of_two_outcomes_stands(local, track):
    """Two outcomes of one run are a fault to see in its events; the record keeps the first."""
    tracker = track(local)
    tracker.track_success()
    LDAIConfigTracker.from_resumption_token(tracker.resumption_token, local.client, ANN).value.track_error()
    (run,) = local.runs()

    assert "success" == run.outcome
    assert ["$ld:ai:generation:success", "$ld:ai:generation:error"] == [event.key for event in run.events]


def test_h2_a_config_that_was_not_found_has_empty_names(local, track):
    """Where the SDK sends no variation and no model, the texts are empty."""
    track(local, key="unknown").track_success()
    (run,) = local.runs()

    assert ("unknown", "", 1, "", "") == (
        run.config_key,
        run.variation_key,
        run.version,
        run.model_name,
        run.provider_name,
    )


def test_h4_fields_of_newer_sdks_are_read(local):
    """`toolName` is a tool's name as `toolKey` is, and unknown fields and events do no harm."""
    payload = {"runId": "r1", "configKey": "support-chat", "modelKey": "new", "modelVersion": 3}
    local.client.track("$ld:ai:tool_call", ANN, {**payload, "toolName": "search"}, 1)
    local.client.track("$ld:ai:tool_call", ANN, payload, 1)
    local.client.track("$ld:ai:something:new", ANN, payload, 1)
    local.client.track("$ld:ai:judge:tone", ANN, payload, 0.5)
    local.client.track("$ld:ai:tokens:input", ANN, payload)
    (run,) = local.runs()

    assert ["search", ""] == run.tool_calls
    assert {"$ld:ai:judge:tone": 0.5} == run.judge_scores
    assert 0 == run.input_tokens
    assert 5 == len(run.events)


def test_h2_events_without_a_run_are_left_out(serve):
    """Graph trackers, the AI client itself and the user's own events belong to no run."""
    local = serve({"graph": {"root": "agent"}, "agent": {"instructions": "Do it."}})
    ai = LDAIClient(local.client)
    ai.agent_graph("graph", ANN).create_tracker().track_invocation_success()
    local.client.track("own", ANN, "text", 1)
    local.client.track("own", ANN, {"page": 1}, 1)

    assert {"$ld:ai:sdk:info", "$ld:ai:graph:invocation_success", "own"} <= {event.key for event in local.events}
    assert [] == local.runs() == list(local.monitoring())
