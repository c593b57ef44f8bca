"""F7, D2: awaitables that a plain function returns behave as they do undecorated."""

from __future__ import annotations

import asyncio
import gc
import types
import warnings
from collections.abc import Coroutine, Generator
from typing import Any

import pytest

from contract.helpers import Watch
from ldtrack import current_run, tracked
from support import KEY, Reply, only_run, play, whole


class Request:
    """An awaitable that is a context manager, too, as aiohttp's requests and asyncpg's `acquire()` are."""

    def __await__(self) -> Generator[Any, Any, Reply]:
        yield from asyncio.sleep(0.01).__await__()
        return Reply()

    async def __aenter__(self) -> Reply:
        return await self

    async def __aexit__(self, *_exc: object) -> None:
        """Nothing is open."""


@tracked(KEY)
def request() -> Request:
    """Give what can be awaited, or entered."""
    return Request()


def test_d2_an_awaitable_that_is_a_context_manager_stays_one(ld: Any) -> None:
    """Tracking takes no protocol away."""

    async def enter() -> Reply:
        async with request() as reply:
            return reply

    assert Reply() == asyncio.run(enter())


def test_f4_an_awaitable_awaited_by_two_tasks_leaks_no_run(ld: Any) -> None:
    """Neither task is inside the run when its `await` is over."""

    async def in_a_run_after(awaitable: Request, delay: float) -> bool:
        await asyncio.sleep(delay)
        await awaitable
        try:
            current_run()
        except LookupError:
            return False
        return True

    async def both() -> list[bool]:
        shared = request()
        return await asyncio.gather(in_a_run_after(shared, 0), in_a_run_after(shared, 0.005))

    assert [False, False] == asyncio.run(both())
    assert "success" == only_run(ld).outcome


def test_d2_a_coroutine_that_is_closed_before_it_starts_warns_of_nothing(ld: Any) -> None:
    """`close()` on a coroutine nobody awaited closes the function's own, too."""

    async def ask() -> Reply:
        return Reply()

    @tracked(KEY)
    def answer() -> Coroutine[Any, Any, Reply]:
        return ask()

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        answer().close()
        gc.collect()

    assert [] == [str(warning.message) for warning in warned]


@types.coroutine
def iterable_coroutine() -> Generator[Any, Any, Reply]:
    """A coroutine as they were written before `async def`: a generator that can be awaited."""
    yield from asyncio.sleep(0.01).__await__()
    assert KEY == current_run().config_key
    return Reply()


def test_f7_a_generator_that_is_a_coroutine_stays_one(ld: Any) -> None:
    """It can be awaited, and handed on with `yield from`, as undecorated."""
    answer = tracked(KEY)(lambda: iterable_coroutine())

    async def awaited() -> Any:
        return await answer()

    @types.coroutine
    def handed_on() -> Generator[Any, Any, Any]:
        return (yield from answer())

    async def await_that() -> Any:
        return await handed_on()

    assert isinstance(answer(), types.GeneratorType)
    assert [Reply(), Reply()] == [asyncio.run(awaited()), asyncio.run(await_that())]
    assert [("success", 8)] * 2 == [(run.outcome, run.total_tokens) for run in ld.runs()]


def test_f7_a_plain_generator_is_a_stream(ld: Any) -> None:
    """What nobody can await is read chunk by chunk."""
    assert 4 == len(list(tracked(KEY)(lambda: play(whole()))()))
    assert 8 == only_run(ld).total_tokens


def ask() -> Coroutine[Any, Any, Reply]:
    """Give a coroutine."""

    async def reply() -> Reply:
        return Reply()

    return reply()


@pytest.mark.parametrize("make", [ask, Request, iterable_coroutine], ids=["coroutine", "object", "generator"])
def test_e3_the_time_before_an_awaitable_is_awaited_does_not_count(ld: Any, make: Any) -> None:
    """Nobody waits for the model then; the call itself counts, as well as the waiting."""

    async def main() -> float:
        watch = Watch()
        awaitable = tracked(KEY)(lambda: make())()
        called = watch.ms
        await asyncio.sleep(0.1)
        watch = Watch()
        await awaitable
        return called + watch.ms

    waited = asyncio.run(main())
    duration = only_run(ld).duration_ms
    assert duration is not None
    assert duration <= waited


class Shared:
    """Waits for a future that others wait for, too."""

    def __init__(self, future: asyncio.Future[Any]) -> None:
        self.future = future

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.future.__await__()


def test_e3_several_tasks_that_await_one_awaitable_start_its_clock_once(ld: Any) -> None:
    """The first one starts it; later ones take no time off."""

    async def main() -> float:
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        shared = tracked(KEY)(lambda: Shared(future))()

        async def wait() -> None:
            await shared

        tasks = [asyncio.ensure_future(wait())]
        await asyncio.sleep(0)
        started = Watch()
        for _ in range(2):
            await asyncio.sleep(0.03)
            tasks.append(asyncio.ensure_future(wait()))
        await asyncio.sleep(0.03)
        waited = started.ms
        future.set_result(Reply())
        await asyncio.gather(*tasks)
        return waited

    waited = asyncio.run(main())
    duration = only_run(ld).duration_ms
    assert duration is not None
    assert duration >= int(waited)
