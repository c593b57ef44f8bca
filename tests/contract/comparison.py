"""A decorated function beside its undecorated twin: nobody can tell them apart, and the run is right."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from contract.twins import Script, Seen, Unraisable, cconsume, stepped
from ldtrack import configure, tracked
from support import KEY, USER, outcome_count

thorough = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Coroutines that are dropped half-way are what this is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


def play(function: Callable[..., Any], use: Callable[..., None], script: Script, plan: list[Any]) -> Seen:
    """Call the function, consume what it returns by plan, and let go of it."""
    seen = Seen()
    with Unraisable(seen):
        stream = function(script, seen)
        use(stream, plan, seen)
        del stream
    return seen


def compare(ld: Any, function: Callable[..., Any], use: Callable[..., None], script: Script, plan: list[Any]) -> None:
    """Check that nobody can tell the twins apart, and that the run is right."""
    told: list[Any] = []
    configure(client=ld.client, context=USER, on_finish=told.append)
    ld.clear()
    expected = play(function, use, script, plan)
    actual = play(tracked(KEY)(function), use, script, plan)

    refused = script.on_close == "yield" and GeneratorExit in expected.body
    assert expected.results == actual.results
    assert refused or expected == actual
    if refused:
        gc.collect()  # such a generator is freed late, and its run ends then
    check_run(ld, told, started=bool(expected.body) and not refused)
    if expected.body and not refused:
        assert ld.runs()[0].outcome in allowed(expected, streams=use not in (cconsume, stepped))


def check_run(ld: Any, told: list[Any], *, started: bool) -> None:
    """At most one outcome and one duration; one ended run for a body that was started."""
    runs = ld.runs()
    assert len(runs) <= 1
    assert len(told) <= 1
    assert all(outcome_count(run) <= 1 for run in runs)
    assert all(summary.ended for summary in told)
    if started:
        assert 1 == len(told) == len(runs)
        assert 1 == sum(event.key == "$ld:ai:duration:total" for event in runs[0].events)
        assert (runs[0].outcome, runs[0].duration_ms) == (told[0].outcome, told[0].duration_ms)


def allowed(seen: Seen, *, streams: bool) -> tuple[str | None, ...]:
    """The outcomes that the table allows for what was seen."""
    began = streams and any(result[0] == "value" and result[1] for result in seen.results)
    end = next((result for result in seen.results if is_end(result)), None)
    if seen.unraisable or any(text in str(seen.results) for text in ("while closing", "already running")):
        return ("error", "success", None)
    return table_e(end, began, closed=GeneratorExit in seen.body)


def is_end(result: Any) -> bool:
    """Whether a step ended the body; sending too early or too late does not."""
    no_ends = ("just-started", "already awaited")
    return result[0] in {"stop", "closed"} or (result[0] == "raise" and not any(text in result[2] for text in no_ends))


def table_e(end: Any, began: bool, *, closed: bool) -> tuple[str | None, ...]:
    """The outcome for the first end that the consumer saw; None if it saw none."""
    if end is not None and end[0] == "raise" and issubclass(end[1], Exception):
        return ("error",)
    if closed or end is None or end[0] == "closed":
        return ("success",) if began else (None,)
    if end[0] == "stop":
        return ("success",)
    return ("success",) if began else ("error",)
