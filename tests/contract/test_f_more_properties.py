"""The same for what is rarer: managers, awaitable objects, futures, awaited streams, and `track_stream`."""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Callable, Generator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from ldai import LDAIClient

from contract.comparison import check_run, compare, play, quiet, thorough
from contract.twins import (
    AsyncIteratorBody,
    IteratorBody,
    Script,
    Seen,
    aconsume,
    async_generator_body,
    consume,
    coroutine_body,
    disturbances,
    drive,
    generator_body,
    operations,
    outcome_of,
    scripts,
    stepped,
)
from ldtrack import _registry, configure, track_stream, tracked
from ldtrack._registration import Registration
from support import KEY, USER

__all__ = ["quiet"]

plans = st.lists(operations, max_size=6)
aplans = st.lists(st.tuples(operations, disturbances).map(lambda pair: (*pair[0], pair[1])), max_size=6)

Use = Callable[[Any, list[Any], Seen], None]
Make = Callable[[Script, Seen], Any]


class ManagerBody:
    """A script as a stream manager: entering it gives the stream, leaving it closes the stream."""

    def __init__(self, script: Script, seen: Seen) -> None:
        self.stream = IteratorBody(script, seen)

    def __enter__(self) -> IteratorBody:
        return self.stream

    def __exit__(self, *exc: object) -> None:
        self.stream.close()


class AsyncManagerBody:
    """The same, but async."""

    def __init__(self, script: Script, seen: Seen) -> None:
        self.stream = AsyncIteratorBody(script, seen)

    async def __aenter__(self) -> AsyncIteratorBody:
        return self.stream

    async def __aexit__(self, *exc: object) -> None:
        await self.stream.close()


class AwaitableBody:
    """A script as an awaitable that is no coroutine."""

    def __init__(self, script: Script, seen: Seen) -> None:
        self.coroutine = coroutine_body(script, seen)

    def __await__(self) -> Generator[Any, Any, str]:
        return (yield from self.coroutine.__await__())


def in_manager(manager: Any, plan: list[Any], seen: Seen) -> None:
    """Enter a manager, carry out the plan on its stream, and leave."""
    seen.results.append(outcome_of(lambda: _in_manager(manager, plan, seen), "left"))


def _in_manager(manager: Any, plan: list[Any], seen: Seen) -> None:
    with manager as stream:
        consume(stream, plan, seen)


def in_async_manager(manager: Any, plan: list[Any], seen: Seen) -> None:
    """The same, but async."""

    async def whole() -> None:
        async with manager as stream:
            aconsume(stream, plan, seen)

    seen.results.append(outcome_of(lambda: drive(whole(), None), "left"))


def awaited(use: Use) -> Use:
    """Await what the function returned, and use what it gave."""
    return lambda coroutine, plan, seen: use(drive(coroutine, None), plan, seen)


def returning(make: Make) -> Any:
    """A coroutine function that returns a stream."""

    async def function(script: Script, seen: Seen) -> Any:
        return make(script, seen)

    return function


SYNC = pytest.mark.parametrize("make", [generator_body, IteratorBody], ids=lambda make: make.__name__)
ASYNC = pytest.mark.parametrize("make", [async_generator_body, AsyncIteratorBody], ids=lambda make: make.__name__)


@pytest.fixture
def managers() -> None:
    """Make the registry know our managers; `clean_slate` makes it forget them."""
    for kind in (ManagerBody, AsyncManagerBody):
        _registry._tables["manager"].add(Registration(kind, "manager", None))


@pytest.mark.usefixtures("managers")
@thorough
@given(script=scripts, plan=plans)
def test_f8_stream_managers(ld: Any, script: Script, plan: list[Any]) -> None:
    """Stream managers cannot be told from untracked ones."""
    compare(ld, lambda script, seen: ManagerBody(script, seen), in_manager, script, plan)


@pytest.mark.usefixtures("managers")
@thorough
@given(script=scripts, plan=aplans)
def test_f8_async_stream_managers(ld: Any, script: Script, plan: list[Any]) -> None:
    """Nor async ones."""
    compare(ld, lambda script, seen: AsyncManagerBody(script, seen), in_async_manager, script, plan)


@SYNC
@thorough
@given(script=scripts, plan=plans)
def test_f5_awaited_streams(ld: Any, make: Make, script: Script, plan: list[Any]) -> None:
    """Nor the streams that coroutine functions return."""
    compare(ld, returning(make), awaited(consume), script, plan)


@ASYNC
@thorough
@given(script=scripts, plan=aplans)
def test_f5_awaited_async_streams(ld: Any, make: Make, script: Script, plan: list[Any]) -> None:
    """Nor the async ones."""
    compare(ld, returning(make), awaited(aconsume), script, plan)


@thorough
@given(script=scripts, plan=plans)
def test_f7_awaitable_objects(ld: Any, script: Script, plan: list[Any]) -> None:
    """Nor awaitables that are no coroutines; bodies that refuse to be closed are left out, as for coroutines."""
    assume(script.on_close in {"pass on", "raise"})
    compare(ld, lambda script, seen: AwaitableBody(script, seen), stepped, script, plan)


def wrapped(ld: Any, use: Use) -> Use:
    """Use a stream inside a `track_stream` block."""

    def used(stream: Any, plan: list[Any], seen: Seen) -> None:
        with track_stream(LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()) as s:
            use(s.wrap(stream), plan, seen)

    return used


def compare_wrapped(ld: Any, make: Make, use: Use, script: Script, plan: list[Any]) -> None:
    """Check that a wrapped stream cannot be told from itself, and that there is one run at most."""
    ld.clear()
    expected = play(make, use, script, plan)
    actual = play(make, wrapped(ld, use), script, plan)

    assert expected.results == actual.results
    if script.on_close != "yield":
        assert expected == actual
    check_run(ld, [], started=False)


@SYNC
@thorough
@given(script=scripts, plan=plans)
def test_a2_wrapped_streams(ld: Any, make: Make, script: Script, plan: list[Any]) -> None:
    """What `s.wrap` gives cannot be told from the stream."""
    compare_wrapped(ld, make, consume, script, plan)


@ASYNC
@thorough
@given(script=scripts, plan=aplans)
def test_a2_wrapped_async_streams(ld: Any, make: Make, script: Script, plan: list[Any]) -> None:
    """Nor from the async one."""
    compare_wrapped(ld, make, aconsume, script, plan)


FUTURE_OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "result": lambda future: future.set_result("done"),
    "error": lambda future: future.set_exception(ValueError("failed")),
    "interrupt": lambda future: future.set_exception(KeyboardInterrupt()),
    "cancel": lambda future: future.cancel(),
    "done": lambda future: future.done(),
    "cancelled": lambda future: future.cancelled(),
    "exception": lambda future: future.exception() if future.done() else None,
    "take": lambda future: future.result() if future.done() else None,
}


@pytest.mark.parametrize("kind", ["asyncio", "concurrent"])
@thorough
@given(plan=st.lists(st.sampled_from(sorted(FUTURE_OPERATIONS)), max_size=5))
def test_f7_futures(ld: Any, kind: str, plan: list[str]) -> None:
    """A future is what it was, and the first thing that settles it is the run's end."""
    loop = asyncio.new_event_loop()
    told: list[Any] = []
    configure(client=ld.client, context=USER, on_finish=told.append)
    ld.clear()

    def make() -> Any:
        return loop.create_future() if kind == "asyncio" else concurrent.futures.Future[str]()

    def use(function: Callable[[], Any]) -> list[Any]:
        future = function()
        results = [_described(outcome_of(lambda name=name: FUTURE_OPERATIONS[name](future))) for name in plan]
        loop.run_until_complete(asyncio.sleep(0))  # asyncio's futures call back from the loop
        return results

    try:
        assert use(make) == use(tracked(KEY)(make))
    finally:
        loop.close()
    settled = next((name for name in plan if name in {"result", "error", "interrupt", "cancel"}), None)
    check_run(ld, told, started=settled is not None)
    if settled is not None:
        assert ("success" if settled == "result" else "error") == ld.runs()[0].outcome


def _described(result: tuple[Any, ...]) -> tuple[Any, ...]:
    """Results without what differs from one future to the next: its address, in the text of an error."""
    return result[:2] if result[0] == "raise" else (result[0], repr(result[1]))
