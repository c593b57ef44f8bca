"""F4, F6: the current run at every step, and never outside; no task is made."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import anyio.to_thread
import pytest

from contract.helpers import in_a_run
from ldtrack import current_run, tracked
from support import GENERATORS, KEY, Chunk, Shape, Trap, only_run, whole

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]


generators = pytest.mark.parametrize("shape", GENERATORS, ids=str)


@generators
async def test_f4_never_leaks_between_steps(ld: Any, shape: Shape) -> None:
    """The consumer is in no run before, between and after the steps."""
    handle = await shape.open(whole())
    assert not in_a_run()
    for _ in range(4):
        await handle.step()
        assert not in_a_run()
    await handle.drain()
    assert not in_a_run()


@pytest.mark.parametrize("ending", ["drain", "close", "error", "drop"])
async def test_f4_current_run_at_every_step(ld: Any, ending: str) -> None:
    """The body sees its own run at each step, in `except` and in `finally`."""
    seen: list[Any] = []

    @tracked(KEY)
    def answer() -> Iterator[int]:
        try:
            seen.append(current_run())
            yield 1
            seen.append(current_run())
            if ending == "error":
                raise ValueError
            yield 2
        finally:
            seen.append(current_run())

    @tracked(KEY)
    async def aanswer() -> AsyncIterator[int]:
        try:
            seen.append(current_run())
            yield 1
            await anyio.sleep(0)
            seen.append(current_run())
            if ending == "error":
                raise ValueError
            yield 2
        finally:
            seen.append(current_run())

    from support import Handle

    for make in (answer, aanswer):
        handle = Handle(make())
        await handle.step()
        if ending == "error":
            with pytest.raises(ValueError):
                await handle.step()
        else:
            await handle.step()
            await getattr(handle, ending)()
        assert 3 == len(seen)
        assert 1 == len({id(run) for run in seen})
        seen.clear()
    assert not in_a_run()


def test_f4_interleaved_generators(ld: Any) -> None:
    """Two generators stepped in turn each see their own run."""

    @tracked(KEY)
    def answer() -> Iterator[Any]:
        mine = current_run()
        for _ in range(5):
            yield current_run() is mine, current_run().resumption_token
        yield "end", None

    one, two = answer(), answer()
    pairs = [(next(one), next(two)) for _ in range(5)]
    assert all(mine and yours for (mine, _), (yours, _) in pairs)
    assert all(a != b for (_, a), (_, b) in pairs)
    assert not in_a_run()
    one.close(), two.close()
    assert 2 == len(ld.runs())


async def test_f4_interleaved_async_generators(ld: Any) -> None:
    """Also when async, suspended in the middle of a step, in two tasks."""
    tokens: dict[str, set[str]] = {"one": set(), "two": set()}

    @tracked(KEY)
    async def answer(name: str) -> AsyncIterator[int]:
        for number in range(5):
            tokens[name].add(current_run().resumption_token)
            await anyio.sleep(0)
            tokens[name].add(current_run().resumption_token)
            yield number

    async def consume(name: str) -> None:
        async for _ in answer(name):
            assert not in_a_run()

    async with anyio.create_task_group() as group:
        group.start_soon(consume, "one")
        group.start_soon(consume, "two")

    assert [1, 1] == [len(found) for found in tokens.values()]
    assert tokens["one"] != tokens["two"]


async def test_f4_each_step_in_another_task(ld: Any) -> None:
    """Steps of one async generator may come from different tasks, under asyncio and trio."""
    seen: list[Any] = []

    @tracked(KEY)
    async def answer() -> AsyncIterator[Chunk]:
        for chunk in whole():
            await anyio.sleep(0)
            seen.append(current_run())
            yield chunk

    stream: Any = answer()

    async def step() -> None:
        await stream.__anext__()
        assert not in_a_run()

    for _ in range(4):
        async with anyio.create_task_group() as group:
            group.start_soon(step)
    with pytest.raises(StopAsyncIteration):
        await stream.__anext__()

    assert 1 == len({id(run) for run in seen})
    assert "success" == only_run(ld).outcome


async def test_f4_each_step_in_another_thread(ld: Any) -> None:
    """Steps of a sync generator may come from a thread pool, as Starlette does it."""
    seen: list[Any] = []

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        for chunk in whole():
            seen.append((current_run(), threading.get_ident()))
            yield chunk

    stream = answer()
    for _ in range(4):
        await anyio.to_thread.run_sync(next, stream)
    assert [] == list(stream)

    assert 1 == len({id(run) for run, _ in seen})
    assert threading.get_ident() not in {thread for _, thread in seen}
    assert "success" == only_run(ld).outcome


def test_f4_each_step_in_another_context(ld: Any) -> None:
    """Steps may come from different `contextvars` contexts, and the end from yet another."""
    runs: list[Any] = []

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        for chunk in whole():
            runs.append(current_run())
            yield chunk

    stream: Any = answer()
    for _ in range(3):
        contextvars.Context().run(next, stream)
    contextvars.Context().run(stream.close)

    assert 1 == len({id(run) for run in runs})
    assert "success" == only_run(ld).outcome


async def test_f4_async_close_in_another_context(ld: Any) -> None:
    """An async generator is closed from another task without a complaint."""
    from support import STREAMS

    handle = await STREAMS[1].open(whole())
    await handle.take(2)
    async with anyio.create_task_group() as group:
        group.start_soon(handle.close)

    assert "success" == only_run(ld).outcome


def test_f4_suspended_step_does_not_leak(ld: Any) -> None:
    """While an async generator is suspended in an `await`, whoever drives the coroutine is in no run."""

    @tracked(KEY)
    async def answer() -> AsyncIterator[int]:
        await Trap()
        assert in_a_run()
        yield 1

    @tracked(KEY)
    async def call() -> int:
        await Trap()
        assert in_a_run()
        return 1

    async def consume() -> int:
        return await anext(answer())

    context = contextvars.copy_context()
    for coroutine in (consume(), call()):
        assert "suspended" == context.run(coroutine.send, None)
        assert not in_a_run()
        with pytest.raises(StopIteration):
            context.run(coroutine.send, None)
    assert not context.run(in_a_run)


def test_f4_user_context_variables_keep_working(ld: Any) -> None:
    """What the body sets in a context variable stays set for the consumer, as undecorated."""
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    @tracked(KEY)
    def answer() -> Iterator[int]:
        variable.set(variable.get() + 1)
        yield variable.get()
        variable.set(variable.get() + 1)
        yield variable.get()

    def consume() -> list[int]:
        stream = answer()
        first = next(stream)
        seen = [first, variable.get()]
        variable.set(10)
        return [*seen, next(stream), variable.get()]

    assert [1, 1, 11, 11] == contextvars.copy_context().run(consume)


async def test_f4_async_context_variables_keep_working(ld: Any) -> None:
    """Also when async: no step moves to another task (F6)."""
    variable: contextvars.ContextVar[int] = contextvars.ContextVar("variable", default=0)

    @tracked(KEY)
    async def call() -> None:
        variable.set(1)

    @tracked(KEY)
    async def answer() -> AsyncIterator[int]:
        variable.set(2)
        yield 1

    await call()
    assert 1 == variable.get()
    async for _ in answer():
        assert 2 == variable.get()


def test_f6_no_task_is_created(ld: Any) -> None:
    """The body of every async shape runs in its caller's task, and no other task appears."""
    made: list[Any] = []
    tasks: list[Any] = []

    async def body() -> None:
        tasks.append(asyncio.current_task())
        await asyncio.sleep(0)

    @tracked(KEY)
    async def call() -> None:
        await body()

    @tracked(KEY)
    async def stream() -> AsyncIterator[int]:
        await body()
        yield 1

    @tracked(KEY)
    def to_coroutine() -> Any:
        return body()

    def factory(loop: Any, coro: Any, **options: Any) -> Any:
        made.append(coro)
        return asyncio.Task(coro, loop=loop, **options)

    async def main() -> None:
        asyncio.get_running_loop().set_task_factory(factory)
        await call()
        async for _ in stream():
            pass
        await to_coroutine()
        assert {asyncio.current_task()} == set(tasks)
        assert [] == made

    asyncio.run(main())
