"""F2, F3, F4: generators are lazy, keep their protocol, and never leak the current run."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import threading
import types
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any

import anyio
import anyio.to_thread
import pytest
from ldclient import Context
from support import GENERATOR_FUNCTIONS, GENERATORS, KEY, Chunk, Shape, Trap, hello, last, only_run, role, whole

from ldtrack import current_run, tracked, use_context

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]

generators = pytest.mark.parametrize("shape", GENERATORS, ids=str)
OTHER = Context.create("other-user")


def in_a_run() -> bool:
    """Is there a current run here?"""
    try:
        current_run()
    except LookupError:
        return False
    return True


@tracked(KEY)
def echo(start: int) -> Generator[int, int, str]:
    """Yield what was sent."""
    got = start
    while got < 10:
        got = yield got
    return f"end {got}"


@tracked(KEY)
async def aecho(start: int) -> AsyncGenerator[int, int]:
    """Same as `echo`, but async."""
    got = start
    while got < 10:
        got = yield got


@generators
async def test_f5_bare_generators_stay_real_ones(ld: Any, shape: Shape) -> None:
    """What comes back is a real generator or async generator, as frameworks test for."""
    handle = await shape.open(whole())

    assert (types.AsyncGeneratorType if shape.asynchronous else types.GeneratorType) is type(handle.stream)
    await handle.drop()


def test_f2_no_user_code_before_the_first_step(ld: Any) -> None:
    """Calling runs nothing: neither the body, nor `context=`, nor `variables=`, nor the evaluation."""
    seen: list[str] = []

    def note(what: str, result: Any) -> Any:
        return lambda *args: seen.append(what) or result

    @tracked(KEY, context=note("context", OTHER), variables=note("variables", {}))
    def answer() -> Iterator[Chunk]:
        seen.append("body")
        yield last()

    ld.clear()
    stream = answer()
    assert [] == seen
    assert 0 == len(ld.events)
    next(stream)
    assert "body" == seen[-1]


def test_f2_wrong_arguments_fail_at_the_call(ld: Any) -> None:
    """As undecorated, a generator function refuses wrong arguments when called, not at the first step."""
    with pytest.raises(TypeError, match="argument"):
        echo()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="argument"):
        aecho(1, 2)  # type: ignore[call-arg]


async def test_f2_ambient_context_is_that_of_the_call(ld: Any) -> None:
    """A generator made under `use_context` keeps that context when consumed elsewhere."""
    seen: list[Any] = []

    @tracked(KEY)
    def answer() -> Iterator[int]:
        seen.append(current_run().context)
        yield 1

    @tracked(KEY)
    async def aanswer() -> AsyncIterator[int]:
        seen.append(current_run().context)
        yield 1

    with use_context(OTHER):
        stream, astream = answer(), aanswer()
    list(stream)
    async for _ in astream:
        pass

    assert [OTHER, OTHER] == seen


def test_f2_parent_run_is_that_of_the_call(ld: Any) -> None:
    """A generator made inside a run belongs to it, though it is consumed after the function has made it."""
    seen: list[Any] = []

    @tracked(KEY)
    def inner() -> Iterator[Chunk]:
        seen.append(current_run().tracker.get_summary().resumption_token)
        yield from whole()

    @tracked(KEY)
    def outer() -> Iterator[Chunk]:
        seen.append(current_run().tracker.get_summary().resumption_token)
        stream = inner()
        thread = threading.Thread(target=lambda: next(stream))
        thread.start()
        thread.join()
        yield from stream

    assert 3 == len(list(outer()))
    assert 1 == len(set(seen))
    assert "success" == only_run(ld).outcome


def test_f3_send_and_return_value(ld: Any) -> None:
    """`send` reaches the body, the return value comes through `yield from`."""

    def outer() -> Generator[int, int, str]:
        return (yield from echo(1))

    stream = outer()
    assert [1, 5, 6] == [next(stream), stream.send(5), stream.send(6)]
    with pytest.raises(StopIteration) as stop:
        stream.send(11)

    assert "end 11" == stop.value.value
    assert "success" == only_run(ld).outcome


def test_f3_send_to_a_fresh_generator(ld: Any) -> None:
    """Sending a value before the first step is the same TypeError, and leaves the generator usable."""
    stream = echo(1)
    with pytest.raises(TypeError, match="can't send non-None value to a just-started generator"):
        stream.send(5)
    assert 1 == next(stream)


def test_f3_throw_into_a_fresh_generator(ld: Any) -> None:
    """Throwing before the first step raises it and runs no body; a second step is at its end."""
    stream = echo(1)
    boom = ValueError("boom")
    with pytest.raises(ValueError) as caught:
        stream.throw(boom)
    assert boom is caught.value
    with pytest.raises(StopIteration):
        next(stream)


async def test_f3_throw_into_a_fresh_async_generator(ld: Any) -> None:
    """Also when async."""
    stream = aecho(1)
    with pytest.raises(ValueError):
        await stream.athrow(ValueError("boom"))
    with pytest.raises(StopAsyncIteration):
        await stream.__anext__()


def test_f3_throw_arrives_in_the_body(ld: Any) -> None:
    """The very exception object arrives, with the body's answer going back to the thrower."""
    arrived: list[BaseException] = []

    @tracked(KEY)
    def answer() -> Iterator[str]:
        try:
            yield "first"
        except ValueError as exc:
            arrived.append(exc)
            yield "handled"

    boom = ValueError("boom")
    stream: Any = answer()
    next(stream)
    assert "handled" == stream.throw(boom)
    assert [boom] == arrived
    assert [] == list(stream)
    assert "success" == only_run(ld).outcome


async def test_f3_asend_and_athrow(ld: Any) -> None:
    """`asend` and `athrow` reach the body, and its answers come back."""
    arrived: list[BaseException] = []

    @tracked(KEY)
    async def answer() -> AsyncGenerator[Any, Any]:
        got = yield "first"
        await anyio.sleep(0)
        try:
            yield got
        except ValueError as exc:
            arrived.append(exc)
            yield "handled"

    boom = ValueError("boom")
    stream = answer()
    assert "first" == await stream.__anext__()
    assert "sent" == await stream.asend("sent")
    assert "handled" == await stream.athrow(boom)
    assert [boom] == arrived
    with pytest.raises(StopAsyncIteration):
        await stream.asend(None)


async def test_f3_close_runs_finally_at_once(ld: Any) -> None:
    """`close` and `aclose` run the body's `finally` before they return."""
    seen: list[str] = []

    @tracked(KEY)
    def answer() -> Iterator[int]:
        try:
            yield 1
        finally:
            seen.append("sync")

    @tracked(KEY)
    async def aanswer() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await anyio.sleep(0)
            seen.append("async")

    stream: Any = answer()
    next(stream)
    stream.close()
    astream: Any = aanswer()
    await astream.__anext__()
    await astream.aclose()
    assert ["sync", "async"] == seen


def test_f3_dropping_runs_finally_at_once(ld: Any) -> None:
    """Letting go of a generator closes the body by reference counting alone, without the collector."""
    seen: list[str] = []

    @tracked(KEY)
    def answer() -> Iterator[int]:
        try:
            yield 1
        finally:
            seen.append("closed")

    gc.disable()
    try:
        stream = answer()
        next(stream)
        del stream
        assert ["closed"] == seen
        assert "success" == only_run(ld).outcome
    finally:
        gc.enable()


def test_f3_stop_iteration_from_the_body_becomes_runtime_error(ld: Any) -> None:
    """PEP 479 holds, and it is an error."""

    @tracked(KEY)
    def answer() -> Iterator[int]:
        yield 1
        raise StopIteration(2)

    stream = answer()
    next(stream)
    with pytest.raises(RuntimeError, match="generator raised StopIteration"):
        next(stream)
    assert "error" == only_run(ld).outcome


async def test_f3_stop_async_iteration_from_the_body(ld: Any) -> None:
    """Also when async."""

    @tracked(KEY)
    async def answer() -> AsyncIterator[int]:
        yield 1
        raise StopAsyncIteration

    stream: Any = answer()
    await stream.__anext__()
    with pytest.raises(RuntimeError, match="async generator raised StopAsyncIteration"):
        await stream.__anext__()
    assert "error" == only_run(ld).outcome


@pytest.mark.parametrize("thrown", [StopIteration(5), RuntimeError("x"), GeneratorExit()], ids=repr)
def test_f3_thrown_special_exceptions_match_undecorated(ld: Any, thrown: BaseException) -> None:
    """Exceptions with a meaning of their own come out as they do undecorated."""

    def body() -> Iterator[int]:
        yield 1
        yield 2

    def outcome(stream: Any) -> tuple[type, str, Any]:
        next(stream)
        try:
            stream.throw(thrown)
        except BaseException as exc:
            return type(exc), str(exc), exc.__cause__
        raise AssertionError("it should raise")

    assert outcome(body()) == outcome(tracked(KEY)(body)())


def test_f3_reentrance(ld: Any) -> None:
    """A generator that steps itself gets Python's own ValueError."""
    box: list[Any] = []

    @tracked(KEY)
    def answer() -> Iterator[int]:
        yield next(box[0])

    box.append(answer())
    with pytest.raises(ValueError, match="generator already executing"):
        next(box[0])
    box.clear()


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
    one.close(), two.close()  # type: ignore[attr-defined]
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
        return await anext(answer())  # type: ignore[no-any-return]

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


@pytest.mark.parametrize("shape", GENERATOR_FUNCTIONS, ids=str)
async def test_f8_chunks_are_not_kept(ld: Any, shape: Shape) -> None:
    """A chunk that the consumer lets go of is freed before the next but one arrives."""
    alive: weakref.WeakSet[Chunk] = weakref.WeakSet()
    most = 0

    @tracked(KEY)
    def sync_stream() -> Iterator[Chunk]:
        for _ in range(200):
            chunk = Chunk("x", usage=(1, 1))
            alive.add(chunk)
            yield chunk
        yield last()

    @tracked(KEY)
    async def async_stream() -> AsyncIterator[Chunk]:
        for _ in range(200):
            chunk = Chunk("x", usage=(1, 1))
            alive.add(chunk)
            yield chunk
        yield last()

    from support import Handle

    handle = Handle(async_stream() if shape.asynchronous else sync_stream())
    for _ in range(200):
        await handle.step()
        most = max(most, len(alive))
    await handle.drain()

    assert most <= 3
    assert "success" == only_run(ld).outcome


def test_f3_inspection_of_a_generator(ld: Any) -> None:
    """`gi_running`, states and the name are a real generator's."""
    stream = echo(1)
    assert inspect.GEN_CREATED == inspect.getgeneratorstate(stream)
    next(stream)
    assert inspect.GEN_SUSPENDED == inspect.getgeneratorstate(stream)
    stream.close()
    assert inspect.GEN_CLOSED == inspect.getgeneratorstate(stream)
    assert "echo" == stream.__name__


def test_f3_role_chunk_is_passed_as_the_same_object(ld: Any) -> None:
    """Chunks pass as the very same objects."""
    chunk = role()

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        yield chunk
        yield hello()

    assert chunk is next(answer())
