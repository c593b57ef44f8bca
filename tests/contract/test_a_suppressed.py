"""A8: what is switched off for a block is on again after it, and breaks nothing meanwhile."""

from __future__ import annotations

from typing import Any

from ldai import AICompletionConfig, LDAIClient
from ldai.tracker import LDAIConfigTracker

from ldtrack import current_run, inject, suppressed, track_stream, tracked
from support import KEY, USER, Reply


def config(ld: Any) -> AICompletionConfig:
    """A config that the app evaluated itself."""
    return LDAIClient(ld.client).completion_config(KEY, USER)


def test_a8_a_config_used_in_a_suppressed_block_counts_again_after_it(ld: Any) -> None:
    """The switch belongs to the run: a config that the app keeps is not silenced for good."""

    @tracked(KEY)
    def answer(config: AICompletionConfig = inject()) -> Reply:
        return Reply()

    kept = config(ld)
    with suppressed():
        answer(config=kept)
    assert [] == ld.runs()

    answer(config=kept)
    assert ["success"] == [run.outcome for run in ld.runs()]


def test_a8_a_suppressed_run_of_a_tracker_that_was_passed_has_its_token_and_feedback(ld: Any) -> None:
    """Code that stores the token works unchanged with `LDTRACK_DISABLED=1`."""

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker = inject()) -> str:
        current_run().feedback(positive=True)
        return current_run().resumption_token

    tracker = config(ld).create_tracker()
    with suppressed():
        assert tracker.resumption_token == answer(tracker=tracker)
    assert [] == ld.runs()


def test_a8_a_suppressed_block_of_track_stream_has_its_token(ld: Any) -> None:
    """So does the block around a stream."""
    tracker = config(ld).create_tracker()
    with suppressed(), track_stream(tracker) as s:
        assert tracker.resumption_token == s.run.resumption_token
    assert [] == ld.runs()
