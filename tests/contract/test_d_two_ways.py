"""D4, I1: the ways on which a run's figures reach LaunchDarkly tell the same."""

from __future__ import annotations

from typing import Any

import pytest
from ldai import LDAIClient
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack import _events, current_run, tracked
from ldtrack._ending import Ending, figures_of
from ldtrack._metrics import read
from ldtrack._moment import Moment
from ldtrack._plan import inline_plan
from ldtrack._run import Run
from support import KEY, USER, Chunk, Reply, last, only_run

TOKENS = TokenUsage(total=8, input=3, output=5)
READINGS: dict[str, LDAIMetrics] = {
    "success": read(tokens=TOKENS),
    "failure": read("error", TOKENS, ["search"]),
    "neither": read(None),
    "no tokens": read(),
    "tools": read("success", None, ["search", "book", "search"]),
    "user's": LDAIMetrics(success=True, tokens=TOKENS, tool_calls=[], duration_ms=77),
    "user's failure": LDAIMetrics(success=False),
    "only input": read("success", TokenUsage(total=3, input=3, output=0)),
    "instant": LDAIMetrics(success=True, duration_ms=0),
}
each = pytest.mark.parametrize("reading", READINGS.values(), ids=READINGS)


def told(ld: Any) -> list[tuple[Any, ...]]:
    """What the last run's events say, in the order sent."""
    found = [
        (event.key, event.metric_value, event.data.get("toolKey")) for event in ld.events if "usage" not in event.key
    ]
    ld.clear()
    return [event for event in found if not event[0].startswith("$ld:ai:sdk")]


def new_tracker(ld: Any) -> Any:
    """A tracker that nobody has seen."""
    return LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()


@each
def test_i1_all_at_once_is_what_is_missing_of_nothing(ld: Any, reading: LDAIMetrics) -> None:
    """The way that most calls take sends the same events, in the same order."""
    tracker, other = new_tracker(ld), new_tracker(ld)
    ld.clear()

    _events.send_all(tracker, reading, 12)
    at_once = told(ld)
    _events.send(other, figures_of(inline_plan(KEY, None), Ending(None, reading, None, 1), lambda _at: 12))
    assert at_once == told(ld)
    assert vars(tracker.get_summary())["_success"] == vars(other.get_summary())["_success"]


@each
def test_i1_a_run_that_returned_ends_as_any_other(ld: Any, reading: LDAIMetrics) -> None:
    """Whichever way its end takes."""
    runs = [Run(inline_plan(KEY, None), None, USER, new_tracker(ld), Moment()) for _ in range(2)]
    for run in runs:
        run._started_ns = 1
    ld.clear()

    runs[0].returned(reading, 34_000_001)
    at_once = told(ld)
    runs[1].end(Ending(None, reading, None, 34_000_001))
    assert at_once == told(ld)
    assert not runs[0].is_open


def test_d4_tool_calls_told_replace_those_that_were_read(ld: Any) -> None:
    """`run.tool_call` says what the model called; the extractor saw the same calls."""

    @tracked(KEY)
    def answer() -> Reply:
        current_run().tool_call("told")
        return Reply(tools=("read",))

    answer()
    assert ["told"] == only_run(ld).tool_calls


def test_d4_tool_calls_told_in_a_stream_replace_those_of_its_chunks(ld: Any) -> None:
    """The same for chunks."""

    @tracked(KEY)
    def answer() -> Any:
        yield Chunk(tool="read")
        current_run().tool_call("told")
        yield last()

    list(answer())
    assert ["told"] == only_run(ld).tool_calls


def test_a4_a_tool_call_told_twice_counts_twice(ld: Any) -> None:
    """Each is one call of the model's, while the run is open and after it."""
    kept: list[Any] = []

    @tracked(KEY)
    def answer() -> Reply:
        kept.append(current_run())
        current_run().tool_call("search")
        current_run().tool_call("search")
        return Reply(tools=("read",))

    answer()
    kept[0].tool_call("later")
    assert ["search", "search", "later"] == only_run(ld).tool_calls
