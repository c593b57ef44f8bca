"""Any interleaving of next, send, throw, close, cancel and garbage collection, against the undecorated twin."""

from __future__ import annotations

import gc
import warnings
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from contract.twins import (
    AsyncIteratorBody,
    IteratorBody,
    Script,
    Seen,
    Step,
    Unraisable,
    aconsume,
    async_generator_body,
    cconsume,
    consume,
    coroutine_body,
    disturbances,
    generator_body,
    operations,
    scripts,
)
from ldtrack import configure, tracked
from support import KEY, USER, outcome_count

thorough = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
plans = st.lists(operations, max_size=6)
SWALLOWING = Script(
    (Step("token", suspends=False, answer="swallow"), Step(1, suspends=True, answer="pass on")), "return", "pass on"
)
ABANDONED = [("send", None, None), ("throw", "error", "abandon")]
aplans = st.lists(st.tuples(operations, disturbances).map(lambda pair: (*pair[0], pair[1])), max_size=6)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Coroutines that are dropped half-way are what this is about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
        gc.collect()


def generator(script: Script, seen: Seen) -> Generator[Any, Any, str]:
    """A generator function."""
    return (yield from generator_body(script, seen))


async def async_generator(script: Script, seen: Seen) -> AsyncGenerator[Any, Any]:
    """An async generator function; the body is written out, since async generators cannot delegate."""
    from contract.twins import answer, finish
    from support import Trap

    try:
        for step in script.steps:
            try:
                if step.suspends:
                    await Trap()
                seen.body.append((yield step.value))
            except BaseException as exc:
                decision = answer(step, script, exc, seen)
                if decision == "stop":
                    return
                if decision == "yield":
                    yield "refused"
        finish(script)
    finally:
        seen.body.append("finally")


def to_generator(script: Script, seen: Seen) -> Any:
    """A function that returns a generator."""
    return generator_body(script, seen)


def to_async_generator(script: Script, seen: Seen) -> Any:
    """A function that returns an async generator."""
    return async_generator_body(script, seen)


def to_stream(script: Script, seen: Seen) -> Any:
    """A function that returns a stream object."""
    return IteratorBody(script, seen)


def to_async_stream(script: Script, seen: Seen) -> Any:
    """A function that returns an async stream object."""
    return AsyncIteratorBody(script, seen)


async def coroutine(script: Script, seen: Seen) -> str:
    """A coroutine function."""
    return await coroutine_body(script, seen)


def to_coroutine(script: Script, seen: Seen) -> Any:
    """A function that returns a coroutine."""
    return coroutine_body(script, seen)


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
        assert ld.runs()[0].outcome in allowed(expected, streams=use is not cconsume)


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


@pytest.mark.parametrize("function", [generator, to_generator], ids=lambda function: function.__name__)
@thorough
@given(script=scripts, plan=plans)
def test_f3_generators(ld: Any, function: Any, script: Script, plan: list[Any]) -> None:
    """Decorated generators cannot be told from undecorated ones."""
    compare(ld, function, consume, script, plan)


@pytest.mark.parametrize("function", [async_generator, to_async_generator], ids=lambda function: function.__name__)
@thorough
@given(script=scripts, plan=aplans)
@example(script=SWALLOWING, plan=ABANDONED)
def test_f3_async_generators(ld: Any, function: Any, script: Script, plan: list[Any]) -> None:
    """Nor async ones, cancelled in the middle of a step or not."""
    compare(ld, function, aconsume, script, plan)


@thorough
@given(script=scripts, plan=plans)
def test_f5_stream_objects(ld: Any, script: Script, plan: list[Any]) -> None:
    """Nor stream objects."""
    compare(ld, to_stream, consume, script, plan)


@thorough
@given(script=scripts, plan=aplans)
def test_f5_async_stream_objects(ld: Any, script: Script, plan: list[Any]) -> None:
    """Nor async stream objects."""
    compare(ld, to_async_stream, aconsume, script, plan)


@pytest.mark.parametrize("function", [coroutine, to_coroutine], ids=lambda function: function.__name__)
@thorough
@given(script=scripts, plan=plans)
def test_f7_coroutines(ld: Any, function: Any, script: Script, plan: list[Any]) -> None:
    """Nor coroutines, stepped, thrown into, closed and dropped.

    Bodies that refuse to be closed are left out: `await` itself turns GeneratorExit into a close.
    """
    assume(script.on_close in {"pass on", "raise"})
    compare(ld, function, cconsume, script, plan)
