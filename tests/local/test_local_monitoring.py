"""H2, H4: the figures of the Monitoring tab, per config and variation."""

from __future__ import annotations

import json

import pytest
from ldai.providers.types import JudgeResult
from ldai.tracker import FeedbackKind, LDAIConfigTracker, TokenUsage
from ldclient import Context

TWO = {"brief": {"model": {"name": "gpt-4o-mini"}}, "thorough": {"model": {"name": "gpt-4.1"}}}
CONFIGS = {
    "support-chat": {"variations": TWO, "targets": {"thorough": ["bob"]}, "default": "brief"},
    "summary": {"model": {"name": "gpt-4o"}},
}


@pytest.fixture
def busy(serve, track):
    """Three runs of one variation, one of another, one of another config."""
    local = serve(CONFIGS)
    for duration, ttft in ((300, 30), (100, 10), (200, None)):
        tracker = track(local)
        tracker.track_duration(duration)
        if ttft:
            tracker.track_time_to_first_token(ttft)
        tracker.track_success()
        tracker.track_tokens(TokenUsage(total=12, input=10, output=2))
        tracker.track_tool_calls(["search", "lookup"] if ttft else ["search"])
        tracker.track_feedback({"kind": FeedbackKind.Positive if ttft else FeedbackKind.Negative})
        tracker.track_judge_result(
            JudgeResult(judge_config_key="judge", success=True, sampled=True, metric_key="tone", score=duration / 400)
        )
    track(local, user="bob").track_error()
    track(local, key="summary").track_success()
    return local


def test_h2_figures_of_one_variation(busy):
    """Counts, sums, percentiles, shares and averages are those of the variation's events."""
    brief = next(iter(busy.monitoring()))

    assert {
        "configKey": "support-chat",
        "variationKey": "brief",
        "generationCount": 3,
        "generationSuccessCount": 3,
        "generationErrorCount": 0,
        "successRate": 1.0,
        "inputTokens": 30,
        "outputTokens": 6,
        "totalTokens": 36,
        "durationMs": 600,
        "durationMsP50": 200,
        "durationMsP95": 300,
        "timeToFirstTokenMs": 40,
        "timeToFirstTokenMsP50": 10,
        "timeToFirstTokenMsP95": 30,
        "thumbsUp": 2,
        "thumbsDown": 1,
        "satisfactionRating": pytest.approx(2 / 3),
        "toolCalls": {"search": 3, "lookup": 2},
        "judgeScores": {"tone": pytest.approx(0.5)},
    } == brief.to_dict()
    assert ((300, 100, 200), (30, 10)) == (brief.durations_ms, brief.times_to_first_token_ms)


def test_h4_figures_are_json(busy):
    """The dictionaries can be written as JSON."""
    written = json.dumps([metrics.to_dict() for metrics in busy.monitoring()])

    assert [3, 1, 1] == [figures["generationCount"] for figures in json.loads(written)]


def test_h2_what_was_not_measured_is_none(busy):
    """Times and shares of nothing are unknown; counts of nothing are zero."""
    thorough = busy.monitoring()["support-chat", "thorough"]

    assert (1, 0, 0.0) == (thorough.generation_count, thorough.total_tokens, thorough.success_rate)
    assert [None] * 4 == [
        thorough.duration_ms,
        thorough.duration_ms_p95,
        thorough.time_to_first_token_ms,
        thorough.satisfaction_rating,
    ]


def test_h2_runs_without_an_outcome_are_no_generations(serve, track):
    """A run that ended in neither success nor error counts with its duration only."""
    local = serve(CONFIGS)
    track(local).track_duration(5)
    metrics = local.monitoring()["support-chat"]

    assert (0, None, 5) == (metrics.generation_count, metrics.success_rate, metrics.duration_ms)


def test_h2_variations_come_in_the_order_of_their_first_events(busy):
    """Iteration goes through every variation that tracked something."""
    monitoring = busy.monitoring()

    assert [("support-chat", "brief"), ("support-chat", "thorough"), ("summary", "default")] == [
        (metrics.config_key, metrics.variation_key) for metrics in monitoring
    ]
    assert 3 == len(monitoring)


def test_h2_a_config_is_looked_up_by_key(busy):
    """A key gives all variations of a config added up, `only` gives them one by one."""
    monitoring = busy.monitoring()

    assert ("support-chat", None, 4, 0.75) == (
        monitoring["support-chat"].config_key,
        monitoring["support-chat"].variation_key,
        monitoring["support-chat"].generation_count,
        monitoring["support-chat"].success_rate,
    )
    assert ["brief", "thorough"] == [metrics.variation_key for metrics in monitoring.only("support-chat")]
    assert [] == list(monitoring.only("unknown"))


@pytest.mark.parametrize("key", ["suport-chat", ("support-chat", "breif")])
def test_h2_a_wrong_key_names_the_right_ones(busy, key):
    """Looking up what was never recorded raises an error that lists what was."""
    with pytest.raises(KeyError, match=r"nothing was recorded for .*\('support-chat', 'brief'\)"):
        busy.monitoring()[key]


def test_h2_events_are_counted_not_runs(serve, track):
    """A fault that sends an outcome twice shows, as it would in LaunchDarkly."""
    local = serve(CONFIGS)
    tracker = track(local)
    tracker.track_success()
    context = Context.create("ann")
    LDAIConfigTracker.from_resumption_token(tracker.resumption_token, local.client, context).value.track_success()

    assert 1 == len(local.runs())
    assert 2 == local.monitoring()["support-chat"].generation_success_count


def test_h2_a_config_that_was_not_found_has_an_empty_variation(serve, track):
    """Events without a variation are figures of their own."""
    local = serve({})
    track(local).track_success()

    assert ["", 1] == [local.monitoring()["support-chat", ""].variation_key, len(local.monitoring())]


NEAREST_RANK = [
    ([7], 7, 7),
    ([2, 1], 1, 2),
    (range(1, 21), 10, 19),
    (range(1, 101), 50, 95),
    ([100, 1, 1, 1], 1, 100),
]


@pytest.mark.parametrize(("durations", "p50", "p95"), NEAREST_RANK)
def test_h2_percentiles_are_nearest_rank(serve, track, durations, p50, p95):
    """A percentile is the smallest duration that so many percent of the runs do not exceed."""
    local = serve(CONFIGS)
    for duration in durations:
        track(local).track_duration(duration)
    metrics = local.monitoring()["support-chat"]

    assert (p50, p95) == (metrics.duration_ms_p50, metrics.duration_ms_p95)


def test_h2_judge_scores_of_all_runs_are_averaged(serve, track):
    """Metrics of several judges are kept apart, and two judges of one metric count as two scores."""
    local = serve(CONFIGS)
    tracker = track(local)
    for judge, metric, score in (("a", "tone", 0.2), ("b", "tone", 0.4), ("b", "facts", 1.0)):
        tracker.track_judge_result(
            JudgeResult(judge_config_key=judge, success=True, sampled=True, metric_key=metric, score=score)
        )

    assert {"tone": pytest.approx(0.3), "facts": 1.0} == local.monitoring()["support-chat"].judge_scores
