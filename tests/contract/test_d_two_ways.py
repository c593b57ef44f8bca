"""D4, I1: the ways on which a run's figures reach LaunchDarkly tell the same."""

from __future__ import annotations

from typing import Any

import pytest
from ldai import LDAIClient
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion

from ldtrack import _events, configure, current_run, register_extractor, suppressed, tracked, unregister
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


COMPLETION = ChatCompletion.construct(
    choices=[], usage=CompletionUsage(prompt_tokens=3, completion_tokens=5, total_tokens=8)
)


@tracked(KEY)
def model_call() -> ChatCompletion:
    """One call of the model, of a type that is read by a built-in extractor."""
    return COMPLETION


@tracked(KEY)
def around() -> str:
    """A call that others join."""
    model_call()
    return "done"


@tracked(KEY)
def told_by_hand() -> ChatCompletion:
    """A call that tells more than its response."""
    current_run().tool_call("search")
    return COMPLETION


def ended_before() -> Any:
    """A run that has ended before its call returned."""

    @tracked(KEY)
    def ended() -> ChatCompletion:
        current_run().raised(ValueError())
        return COMPLETION

    return ended()


def switched_off() -> Any:
    """A call that is not tracked."""
    with suppressed():
        return model_call()


def listened_to() -> Any:
    """A call whose end is told to somebody."""
    configure(on_finish=lambda _summary: None)
    return model_call()


@pytest.mark.parametrize("call", [model_call, around, told_by_hand, ended_before, switched_off, listened_to])
def test_i1_later_calls_tell_what_the_first_one_told(ld: Any, call: Any) -> None:
    """Once a type is known, a response is read without looking it up; what surrounds the call counts all the same."""
    call()
    first = [figure for figure in told(ld) if "duration" not in figure[0]]
    call()

    assert first == [figure for figure in told(ld) if "duration" not in figure[0]]
    assert (call is switched_off) == (first == [])


def test_c2_a_registration_counts_for_functions_that_were_called_before(ld: Any) -> None:
    """What is remembered of a type is forgotten with the next registration, and its withdrawal."""
    model_call()
    register_extractor(ChatCompletion, lambda _: read(tokens=TokenUsage(total=2, input=1, output=1)))
    model_call()
    unregister(ChatCompletion)
    model_call()

    assert [8, 2, 8] == [run.total_tokens for run in ld.runs()]


@pytest.mark.parametrize("broken", ["duration", "generation", "tokens"])
def test_d3_one_event_that_is_lost_costs_no_other(ld: Any, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    """Whichever way the figures take."""
    model_call()
    ld.clear()
    real = ld.client.track

    def track(key: str, *args: Any) -> None:
        if key.startswith((f"$ld:ai:{broken}:total", f"$ld:ai:{broken}:success")):
            raise RuntimeError("track is broken")
        real(key, *args)

    monkeypatch.setattr(ld.client, "track", track)
    assert COMPLETION is model_call()
    told = {event.key.split(":")[2] for event in ld.events if "usage" not in event.key}
    assert {"duration", "generation", "tokens"} - {broken} <= told
