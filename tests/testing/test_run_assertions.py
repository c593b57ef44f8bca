"""Assertions on runs (H3): they hold for what was recorded, and say what was recorded instead."""

from __future__ import annotations

import pytest
from ldai.client import LDAIClient
from ldai.providers.types import JudgeResult
from ldclient import Context

from ldtrack import current_run, tracked
from ldtrack.testing import FakeStream
from support import CONFIGS, KEY, Reply, register_own_provider


@pytest.fixture
def ldtrack_configs():
    """The configs of the contract's tests."""
    register_own_provider()
    return CONFIGS


@tracked(KEY)
def answer(**parts):
    """Answer as our own provider."""
    return Reply(**parts)


@tracked(KEY)
def broken():
    """Fail as any provider may."""
    raise TimeoutError


@tracked(KEY)
def stream(source):
    """Pass a made-up stream on."""
    yield from source.sync()


WHOLE = FakeStream("Hel", "lo", input=12, output=34)


def test_h3_a_run_reads_like_the_requirement(ldtrack_local):
    """All that a successful stream has."""
    list(stream(WHOLE))

    run = ldtrack_local.runs().only(KEY).succeeded().with_tokens(input=12, output=34, total=46).with_ttft()
    run.with_duration().with_tool_calls().with_variation("v1").with_model("tiny-1")
    assert 12 == run.record.input_tokens


def test_h3_errors_tools_and_feedback(ldtrack_local):
    """All that other runs have."""

    @tracked(KEY)
    def rated():
        run = current_run()
        run.feedback(positive=True)
        run.judge_result(
            JudgeResult(success=True, sampled=True, judge_config_key="judge", metric_key="kind", score=0.5)
        )
        return Reply(tools=("look", "book"))

    with pytest.raises(TimeoutError):
        broken()
    ldtrack_local.runs().only().failed().without_tokens().without_ttft()
    ldtrack_local.clear()
    rated()
    run = ldtrack_local.runs().only().with_tool_calls("book", "look").with_feedback("positive").with_tokens()
    run.with_judge_score("kind").with_judge_score("kind", 0.5)


def test_h3_a_run_without_outcome(ldtrack_local):
    """A stream that was left before output began counts as nothing."""
    left = stream(WHOLE)
    next(left)
    left.close()

    ldtrack_local.runs().only().without_outcome()


def test_h3_none_and_only_count_the_runs_of_a_config(ldtrack_local):
    """The runs of other configs do not matter, unless no config is named."""
    ldtrack_local.runs().none()
    answer()

    ldtrack_local.runs().none("other")
    with pytest.raises(AssertionError, match="expected no run, recorded 1"):
        ldtrack_local.runs().none()
    with pytest.raises(AssertionError, match="expected one run of 'other', recorded 0"):
        ldtrack_local.runs().only("other")
    answer()
    with pytest.raises(AssertionError, match="expected one run, recorded 2"):
        ldtrack_local.runs().only()


WRONG = {
    "outcome: expected error, recorded success": lambda run: run.failed(),
    "outcome: expected none, recorded success": lambda run: run.without_outcome(),
    "output tokens: expected 6, recorded 5": lambda run: run.with_tokens(input=3, output=6),
    "input tokens: expected none, recorded 3": lambda run: run.without_tokens(),
    "time to first token: expected one event, recorded none": lambda run: run.with_ttft(),
    "duration in ms: expected -1, recorded ": lambda run: run.with_duration(-1),
    "tool calls: expected book, recorded look": lambda run: run.with_tool_calls("book"),
    "tool calls: expected none, recorded look": lambda run: run.with_tool_calls(),
    "feedback: expected negative, recorded none": lambda run: run.with_feedback("negative"),
    "judges: expected kind, recorded none": lambda run: run.with_judge_score("kind"),
    "variation: expected v2, recorded v1": lambda run: run.with_variation("v2"),
    "model: expected tiny-2, recorded tiny-1": lambda run: run.with_model("tiny-2"),
}


@pytest.mark.parametrize("message", WRONG)
def test_h3_each_assertion_can_fail_and_says_what_was_recorded(message, ldtrack_local):
    """The message names the slip; the table and the events follow."""
    answer(tools=("look",))

    with pytest.raises(AssertionError) as failed:
        WRONG[message](ldtrack_local.runs().only(KEY))
    assert f"'{KEY}': {message}" in str(failed.value)
    assert "config  variation  outcome  duration  first token  in  out  total  tool calls  feedback" in str(
        failed.value
    )
    assert "generation:success 1, tokens:total 8, tokens:input 3, tokens:output 5" in str(failed.value)
    assert "tool_call look" in str(failed.value)


def test_h3_no_run_at_all_is_said(ldtrack_local):
    """An empty table would say less."""
    with pytest.raises(AssertionError, match=r"recorded 0\n\nNo run was recorded\."):
        ldtrack_local.runs().only()


def test_h3_the_table_shows_feedback_scores_and_first_tokens(ldtrack_local):
    """Everything that a run may have is in its line."""
    tracker = LDAIClient(ldtrack_local.client).completion_config(KEY, Context.create("ann")).create_tracker()
    tracker.track_time_to_first_token(7)
    tracker.track_judge_result(
        JudgeResult(success=True, sampled=True, judge_config_key="judge", metric_key="kind", score=0.5)
    )

    with pytest.raises(AssertionError, match=r"v1 +– +– +7 ms +– +– +– +– +kind 0\.5"):
        ldtrack_local.runs().only().succeeded()


def test_h3_a_metric_that_was_sent_twice_fails(ldtrack_local):
    """Two trackers with one run id, as when code tracks by hand beside the decorator."""
    client = LDAIClient(ldtrack_local.client)
    tracker = client.completion_config(KEY, Context.create("ann")).create_tracker()
    token = tracker.resumption_token
    again = type(tracker).from_resumption_token(token, ldtrack_local.client, Context.create("ann")).value
    for each in (tracker, again):
        each.track_success()
        each.track_duration(5)

    run = ldtrack_local.runs().only()
    with pytest.raises(AssertionError, match="outcome: expected success, recorded success and success"):
        run.succeeded()
    with pytest.raises(AssertionError, match="duration: expected one event, recorded 5 and 5"):
        run.with_duration()
