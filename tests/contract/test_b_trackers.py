"""B8: `create_tracker()` inside a run joins it."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from ldai import AICompletionConfig
from ldai.tracker import LDAIConfigTracker, TokenUsage

from ldtrack import (
    current_run,
    tracked,
)
from support import KEY, Reply, only_run, outcome_count, read_reply


def test_b8_create_tracker_joins_the_run(ld: Any) -> None:
    """`create_tracker()` inside the run gives the run's own tracker while it has no duration and no outcome."""

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Reply:
        first = config.create_tracker()
        assert first is config.create_tracker() is current_run().tracker is current_run().config.create_tracker()
        first.track_success()
        assert first is not config.create_tracker()
        return Reply()

    answer()
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_b8_fresh_tracker_after_the_run(ld: Any) -> None:
    """After the run has ended, and outside of it, trackers are fresh."""
    kept: list[Any] = []

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Reply:
        kept.append(config)
        return Reply()

    answer()
    kept[0].create_tracker().track_success()
    assert 2 == len({run.run_id for run in ld.runs()})


def test_b8_no_reference_cycle(ld: Any) -> None:
    """A run is freed by reference counting alone, config and all."""
    import weakref

    kept: list[Any] = []

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Reply:
        kept.extend([weakref.ref(current_run()), weakref.ref(config)])
        return Reply()

    gc.collect()
    gc.disable()
    try:
        answer()
        assert [None, None] == [reference() for reference in kept]
    finally:
        gc.enable()


@pytest.mark.parametrize("twice", [False, True])
def test_b8_tool_loop_written_by_hand(ld: Any, twice: bool) -> None:
    """Hand-written `track_metrics_of` in a loop: the first joins the run, later ones are runs of their own."""

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Any:
        result = None
        for _ in range(2 if twice else 1):
            result = config.create_tracker().track_metrics_of(read_reply, Reply)
        return result

    answer()
    assert ["success"] * (2 if twice else 1) == [run.outcome for run in ld.runs()]
    assert [8] * (2 if twice else 1) == [run.total_tokens for run in ld.runs()]


def test_b4_function_that_tracks_by_hand_completely(ld: Any) -> None:
    """A function that did everything by hand gets nothing added."""

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker) -> str:
        tracker.track_duration(5)
        tracker.track_tokens(TokenUsage(total=3, input=1, output=2))
        tracker.track_error()
        return "text"

    answer()
    run = only_run(ld)
    assert ("error", 1, 5, 3) == (run.outcome, outcome_count(run), run.duration_ms, run.total_tokens)
