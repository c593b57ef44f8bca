"""J1, D4: calls that track by hand join the run around them as any other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from ldai import AICompletionConfig
from ldai.tracker import FeedbackKind, LDAIConfigTracker, TokenUsage

from contract.helpers import tokens
from ldtrack import RunSummary, current_run, inject, suppressed, track_stream, tracked
from support import KEY, Reply, keys, only_run, outcome_count, read_reply


@tracked(KEY)
def by_config(reply: Callable[[], Reply] = Reply, config: AICompletionConfig = inject()) -> Reply:
    """One call, tracked as the SDK's documentation shows."""
    answer: Reply = config.create_tracker().track_metrics_of(read_reply, reply)
    return answer


@tracked(KEY)
def by_tracker(reply: Callable[[], Reply] = Reply, tracker: LDAIConfigTracker = inject()) -> Reply:
    """The same with the tracker itself."""
    answer: Reply = tracker.track_metrics_of(read_reply, reply)
    return answer


@tracked(KEY)
async def aby_config(config: AICompletionConfig = inject()) -> Any:
    """The same, but async."""

    async def answer() -> Reply:
        await asyncio.sleep(0)
        return Reply(tools=("search",))

    return await config.create_tracker().track_metrics_of_async(read_reply, answer)


both = pytest.mark.parametrize("call", [by_config, by_tracker])


@both
def test_j1_a_loop_of_calls_tracked_by_hand_is_one_run(
    ld: Any, caplog: pytest.LogCaptureFixture, call: Callable[[], Reply]
) -> None:
    """Their tokens add up, and the SDK skips nothing."""
    caplog.set_level(logging.WARNING)

    @tracked(KEY)
    def turn() -> str:
        return "".join(call().text for _ in range(3))

    turn()
    run = only_run(ld)
    assert ("success", 1, (9, 15, 24)) == (run.outcome, outcome_count(run), tokens(run))
    assert [] == caplog.messages


def test_j1_concurrent_calls_tracked_by_hand_are_one_run(ld: Any) -> None:
    """So are those of a fan-out, with all their tool calls."""

    @tracked(KEY)
    async def turn() -> None:
        await asyncio.gather(aby_config(), aby_config(), aby_config())

    asyncio.run(turn())
    run = only_run(ld)
    assert ((9, 15, 24), ["search"] * 3) == (tokens(run), run.tool_calls)


@both
def test_j1_a_retry_of_calls_tracked_by_hand_ends_as_the_outer_call_does(
    ld: Any, call: Callable[[Callable[[], Reply]], Reply]
) -> None:
    """The error that the SDK's helper noted was handled."""
    attempts = iter([ValueError(), Reply()])

    def reply() -> Reply:
        attempt = next(attempts)
        if isinstance(attempt, ValueError):
            raise attempt
        return attempt

    @tracked(KEY)
    def turn() -> Reply:
        try:
            return call(reply)
        except ValueError:
            return call(reply)

    turn()
    run = only_run(ld)
    assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))


def test_j1_what_is_tracked_by_hand_comes_before_what_was_read(ld: Any) -> None:
    """In a call that joins, too: tokens, tool calls, and the time to the first token."""

    @tracked(KEY)
    def inner(tracker: LDAIConfigTracker = inject()) -> Reply:
        tracker.track_tokens(TokenUsage(total=30, input=10, output=20))
        tracker.track_tool_call("by hand")
        tracker.track_time_to_first_token(0)
        return Reply(tools=("read",))

    @tracked(KEY)
    def turn() -> str:
        return inner().text

    turn()
    run = only_run(ld)
    assert ((10, 20, 30), ["by hand"], True) == (
        tokens(run),
        run.tool_calls,
        run.time_to_first_token_ms is not None,
    )


def test_j1_tool_calls_by_hand_inside_and_outside_add_up(ld: Any) -> None:
    """Neither the outer call's nor the inner one's are lost."""

    @tracked(KEY)
    def inner(tracker: LDAIConfigTracker = inject()) -> None:
        tracker.track_tool_call("search")
        current_run().tool_call("read")

    @tracked(KEY)
    def turn(tracker: LDAIConfigTracker = inject()) -> None:
        tracker.track_tool_call("book")
        inner()

    turn()
    assert ["book", "read", "search"] == sorted(only_run(ld).tool_calls)


def test_a4_feedback_and_judges_of_a_joined_call_go_to_the_run(ld: Any) -> None:
    """Told on the run or on its tracker, at once or after the call."""
    result: Any = SimpleNamespace(sampled=True, success=True, metric_key="judged", judge_config_key="j", score=0.5)
    kept: list[Any] = []

    @tracked(KEY)
    def inner(tracker: LDAIConfigTracker = inject()) -> str:
        current_run().judge_result(result)
        tracker.track_feedback({"kind": FeedbackKind.Positive})
        kept.append(current_run())
        return current_run().resumption_token

    @tracked(KEY)
    def turn() -> None:
        assert current_run().resumption_token == inner()
        kept[0].tool_call("late")

    turn()
    kept[0].tool_call("later")
    run = only_run(ld)
    assert (1, 1) == (keys(run).count("judged"), keys(run).count("$ld:ai:feedback:user:positive"))
    assert ["late", "later"] == run.tool_calls


def test_a4_a_joined_call_knows_what_was_tracked_in_it(ld: Any) -> None:
    """Its summary tells of the call, not of the whole run."""
    told: list[RunSummary] = []

    @tracked(KEY)
    def inner(tracker: LDAIConfigTracker = inject()) -> None:
        tracker.track_tokens(TokenUsage(total=3, input=1, output=2))
        told.append(current_run().summary)

    @tracked(KEY)
    def turn() -> str:
        by_config()
        inner()
        return current_run().summary.run_id or ""

    assert [(3, turn())] == [(summary.total_tokens, summary.run_id) for summary in told]


@pytest.mark.parametrize("fails", [False, True])
def test_j1_a_call_tracked_by_hand_that_outlives_the_turn_counts_by_itself(ld: Any, *, fails: bool) -> None:
    """With what was tracked by hand in it, its outcome above all."""

    async def main() -> None:
        started, go = asyncio.Event(), asyncio.Event()

        @tracked(KEY)
        async def late(tracker: LDAIConfigTracker = inject()) -> None:
            started.set()
            await go.wait()
            tracker.track_duration(1234)
            tracker.track_error() if fails else tracker.track_success()
            tracker.track_tokens(TokenUsage(total=3, input=1, output=2))
            if not fails:
                raise LookupError

        @tracked(KEY)
        async def turn(tasks: list[Any]) -> None:
            tasks.append(asyncio.create_task(late()))
            await started.wait()

        tasks: list[Any] = []
        await turn(tasks)
        go.set()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    outer, inner = ld.runs()
    assert ("success", (None, None, None)) == (outer.outcome, tokens(outer))
    assert ("error" if fails else "success", 1234, (1, 2, 3)) == (inner.outcome, inner.duration_ms, tokens(inner))


def test_d4_a_tracker_of_another_make_serves_the_blocks_in_its_run(ld: Any) -> None:
    """Nobody but its maker can make another, so the block and the run share it."""

    class Own:
        def __init__(self) -> None:
            self.tokens: list[Any] = []
            self.made = config.create_tracker()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.made, name)

        def track_tokens(self, tokens: Any) -> None:
            self.tokens.append(tokens)
            self.made.track_tokens(tokens)

    config = current_config(ld)
    tracker: Any = Own()

    @tracked(KEY)
    def turn(tracker: LDAIConfigTracker = inject()) -> None:
        with track_stream() as s:
            s.run.tracker.track_tokens(TokenUsage(total=3, input=1, output=2))

    turn(tracker=tracker)
    assert (1, (1, 2, 3)) == (len(tracker.tokens), tokens(only_run(ld)))


def current_config(ld: Any) -> Any:
    """A config that the app evaluated itself."""
    from ldai import LDAIClient

    from support import USER

    return LDAIClient(ld.client).completion_config(KEY, USER)


def test_a8_a_block_in_a_suppressed_run_sends_no_feedback(ld: Any) -> None:
    """Though the tracker that its caller passed could."""

    @tracked(KEY)
    def turn(tracker: LDAIConfigTracker = inject()) -> None:
        with track_stream() as s:
            s.run.feedback(positive=True)
            s.tokens(input=1)

    tracker = current_config(ld).create_tracker()
    with suppressed():
        turn(tracker=tracker)
    assert [] == ld.runs()
