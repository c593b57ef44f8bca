"""E3: time in which nobody waited for the model is left out, and no figure is ever negative."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from contract.helpers import Watch
from ldtrack import tracked
from ldtrack._ending import Ending
from ldtrack._moment import Moment
from ldtrack._run import Run
from support import KEY, Chunk, only_run, play, whole


@tracked(KEY)
def model_stream() -> Iterator[Chunk]:
    """One streamed call of the model."""
    yield from whole()


def test_e3_output_before_a_pause_keeps_its_time(ld: Any) -> None:
    """A turn reads one stream, then hands on another that is read later."""

    @tracked(KEY)
    def turn() -> Iterator[Chunk]:
        time.sleep(0.02)
        list(model_stream())
        return play(whole())

    watch = Watch()
    stream = turn()
    called_for = watch.ms
    time.sleep(0.1)
    list(stream)
    run = only_run(ld)
    assert 20 <= run.time_to_first_token_ms <= called_for
    assert run.time_to_first_token_ms <= run.duration_ms <= watch.ms - 100


def clocked_run(ld: Any) -> Run:
    """A run whose clock started at 1 s and stood still from 2 s to 5 s."""
    from ldtrack._plan import inline_plan

    run = Run(inline_plan(KEY, None), None, None, None, Moment())
    run._started_ns = 1_000_000_000
    run._started_ns += 3_000_000_000
    run._pauses = ((2_000_000_000, 5_000_000_000),)
    return run


@pytest.mark.parametrize(
    ("at_s", "expected"), [(0.5, 0), (1.0, 0), (1.5, 500), (2.0, 1000), (3.0, 1000), (5.0, 1000), (5.0019, 1001)]
)
def test_e3_the_clock_of_a_run_that_paused(ld: Any, at_s: float, expected: int) -> None:
    """It shows before the pause what it showed then, stands still in it, and shows whole milliseconds, floored."""
    assert expected == clocked_run(ld).elapsed_ms(int(at_s * 1_000_000_000))


def test_e3_the_first_output_is_floored_as_the_duration_is(ld: Any) -> None:
    """As in the SDK."""
    run = clocked_run(ld)

    run.end(Ending(first_ns=5_001_900_000, ended_ns=5_003_900_000))
    assert (1001, 1003) == (run.summary.time_to_first_token_ms, run.summary.duration_ms)


def test_e3_a_pause_ends_once(ld: Any) -> None:
    """Several may wait for the same thing; from the first of them on, somebody waits."""
    run = clocked_run(ld)
    before = run.elapsed_ms(6_000_000_000)

    run.resume_clock(2_000_000_000)
    run.resume_clock(4_000_000_000)
    assert before == run.elapsed_ms(6_000_000_000)
