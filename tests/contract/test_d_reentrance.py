"""D3, D7, J1: tracking that is used from within tracking."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics

from contract.helpers import tokens
from ldtrack import configure, current_run, suppressed, tracked
from support import KEY, USER, Chunk, Reply, only_run, outcome_count, whole


def test_d3_on_finish_that_makes_tracked_calls(ld: Any) -> None:
    """A hook may make a tracked call of its own, here once."""
    told: list[Any] = []

    @tracked("other")
    def noted() -> Reply:
        return Reply()

    def tell(summary: Any) -> None:
        told.append(summary.config_key)
        if len(told) == 1:
            noted()

    configure(client=ld.client, context=USER, on_finish=tell)
    tracked(KEY)(lambda: Reply())()
    assert [KEY, "other"] == told
    assert {KEY, "other"} == {run.config_key for run in ld.runs()}


def test_d3_extractor_that_makes_tracked_calls(ld: Any) -> None:
    """An extractor may make a tracked call; each call has one outcome."""

    @tracked("other")
    def helper() -> Reply:
        return Reply()

    def extractor(reply: Reply) -> LDAIMetrics:
        helper()
        return LDAIMetrics(success=True)

    tracked(KEY, extractor=extractor)(lambda: Reply())()
    assert {(KEY, 1), ("other", 1)} == {(run.config_key, outcome_count(run)) for run in ld.runs()}


def test_d3_context_function_that_makes_tracked_calls(ld: Any) -> None:
    """So may a function that finds the context."""

    @tracked("other")
    def helper() -> Reply:
        return Reply()

    def context() -> Any:
        helper()
        return USER

    tracked(KEY, context=context)(lambda: Reply())()
    assert {(KEY, 1), ("other", 1)} == {(run.config_key, outcome_count(run)) for run in ld.runs()}


def test_j1_recursive_generator(ld: Any) -> None:
    """A generator that delegates to itself is one run; each chunk's tokens count once."""

    @tracked(KEY)
    def walk(depth: int) -> Iterator[Chunk]:
        if depth:
            yield from walk(depth - 1)
        else:
            yield from whole()

    assert 4 == len(list(walk(5)))
    run = only_run(ld)
    assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))


def test_a8_suppressed_inside_a_run(ld: Any) -> None:
    """A suppressed inner call adds nothing to the run around it."""

    @tracked(KEY)
    def inner() -> Reply:
        return Reply()

    @tracked(KEY)
    def outer() -> str:
        with suppressed():
            inner()
        return "text"

    outer()
    assert ("success", None) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_a8_suppressed_outside_holds_for_all_inside(ld: Any) -> None:
    """Calls inside a suppressed call are suppressed, and `current_run` works."""

    @tracked("other")
    def inner() -> Reply:
        current_run().feedback(positive=True)
        return Reply()

    @tracked(KEY)
    def outer() -> Reply:
        return inner()

    with suppressed():
        assert Reply() == outer()
    assert [] == ld.runs()


def test_c7_extractor_that_is_a_coroutine_function(ld: Any) -> None:
    """An `async def` extractor is refused, or costs the tokens only."""

    async def extractor(reply: Reply) -> LDAIMetrics:
        return LDAIMetrics(success=True)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        try:
            answer = tracked(KEY, extractor=extractor)(lambda: Reply())
        except TypeError as exc:
            assert "extractor" in str(exc)
        else:
            assert Reply() == answer()
            assert ("success", None) == (only_run(ld).outcome, only_run(ld).total_tokens)


@pytest.mark.parametrize("times", [1, 3])
def test_a4_feedback_twice_never_breaks(ld: Any, times: int) -> None:
    """Feedback given again is the SDK's to drop, and never raises."""
    kept: list[Any] = []

    @tracked(KEY)
    def answer() -> Reply:
        kept.append(current_run())
        return Reply()

    answer()
    for number in range(times):
        kept[0].feedback(positive=number == 0)
    assert "positive" == only_run(ld).feedback
    assert 1 == sum("feedback" in event.key for event in only_run(ld).events)
