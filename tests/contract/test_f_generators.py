"""F2, F3, F8: generators are lazy, keep their protocol, and keep no chunk."""

from __future__ import annotations

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

from ldtrack import current_run, tracked, use_context
from support import GENERATOR_FUNCTIONS, GENERATORS, KEY, Chunk, Shape, hello, last, only_run, role, whole

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]


generators = pytest.mark.parametrize("shape", GENERATORS, ids=str)


OTHER = Context.create("other-user")


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
        echo()
    with pytest.raises(TypeError, match="argument"):
        aecho(1, 2)


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
