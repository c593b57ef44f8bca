"""F5, F8: stream objects come back as transparent proxies."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ldtrack import current_run, tracked
from support import (
    KEY,
    OBJECTS,
    AsyncStream,
    Chunk,
    Shape,
    Stream,
    hello,
    last,
    only_run,
    outcome_count,
    role,
    whole,
)

pytestmark = pytest.mark.anyio


objects = pytest.mark.parametrize("shape", OBJECTS, ids=str)


PROTOCOL = ("__iter__", "__next__", "__aiter__", "__anext__", "__enter__", "__exit__", "__aenter__", "__aexit__")


@objects
async def test_f5_still_an_instance_of_its_class(ld: Any, shape: Shape) -> None:
    """`isinstance` holds, also by way of `__class__`."""
    stream = (await shape.open(whole())).stream
    expected = AsyncStream if shape.asynchronous else Stream

    assert isinstance(stream, expected)
    assert issubclass(stream.__class__, expected)
    assert expected.__name__ == stream.__class__.__name__


@objects
@pytest.mark.parametrize("name", [*PROTOCOL, "__len__", "__await__", "__call__", "send", "aclose"])
async def test_f5_exactly_its_protocols(ld: Any, shape: Shape, name: str) -> None:
    """The proxy has a protocol's method if, and only if, the object has it."""
    stream = (await shape.open(whole())).stream
    reference = AsyncStream(whole()) if shape.asynchronous else Stream(whole())

    assert hasattr(reference, name) == hasattr(stream, name)
    if name.startswith("__"):
        assert hasattr(type(reference), name) == hasattr(type(stream), name)


@objects
async def test_f5_attributes_are_the_objects_own(ld: Any, shape: Shape) -> None:
    """Attributes can be read, set and deleted, and arrive at the object."""
    stream = (await shape.open(whole())).stream
    assert "req-1" == stream.request_id
    stream.request_id = "req-2"
    stream.extra = 1
    assert ("req-2", 1) == (stream.request_id, stream.extra)
    del stream.extra
    assert not hasattr(stream, "extra")
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        stream.nothing_of_this_name  # noqa: B018 -- looking it up is enough


def test_f5_object_sees_what_is_set_on_the_proxy(ld: Any) -> None:
    """The object behind the proxy is the one that the function returned."""
    made = Stream(whole())

    @tracked(KEY)
    def answer() -> Stream:
        return made

    stream: Any = answer()
    stream.mark = "m"
    assert "m" == made.mark
    stream.close()
    assert made.closed


@objects
async def test_f5_iter_returns_something_that_is_tracked(ld: Any, shape: Shape) -> None:
    """Iterating over `iter(stream)` is tracked as iterating over the stream."""
    stream = (await shape.open(whole())).stream
    if shape.asynchronous:
        assert 4 == len([chunk async for chunk in aiter(stream)])
    else:
        assert 4 == len(list(iter(stream)))

    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


@objects
async def test_f5_with_returns_the_tracked_stream(ld: Any, shape: Shape) -> None:
    """`with stream as s` gives the tracked stream, and leaving after output ends the run."""
    stream = (await shape.open(whole())).stream
    if shape.asynchronous:
        async with stream as inside:
            assert [role().text, hello().text] == [(await inside.__anext__()).text for _ in range(2)]
    else:
        with stream as inside:
            assert [role().text, hello().text] == [next(inside).text for _ in range(2)]

    run = only_run(ld)
    assert ("success", 4) == (run.outcome, run.total_tokens)


@objects
async def test_f5_consumers_error_inside_with_is_not_the_streams(ld: Any, shape: Shape) -> None:
    """An exception of the consumer leaves the block: output had begun, so it was left early."""
    stream = (await shape.open(whole())).stream
    with pytest.raises(LookupError):
        if shape.asynchronous:
            async with stream as inside:
                await inside.__anext__(), await inside.__anext__()
                raise LookupError
        else:
            with stream as inside:
                next(inside), next(inside)
                raise LookupError

    run = only_run(ld)
    assert 1 == outcome_count(run)
    assert 4 == run.total_tokens


def test_f5_with_that_returns_another_object(ld: Any) -> None:
    """A context manager's own exit value and suppression are kept."""

    class Suppressing(Stream):
        def __exit__(self, *exc: object) -> bool:
            super().__exit__(*exc)
            return True

    @tracked(KEY)
    def answer() -> Suppressing:
        return Suppressing(whole())

    with answer() as stream:
        next(stream), next(stream)
        raise ValueError("suppressed by the stream itself")
    assert 1 == outcome_count(only_run(ld))


@objects
async def test_f5_methods_of_the_object_work(ld: Any, shape: Shape) -> None:
    """Bound methods keep identity with the object: closing through a stored method ends the run."""
    handle = await shape.open(whole())
    stop = handle.stream.close
    await handle.take(2)
    if shape.asynchronous:
        await stop()
    else:
        stop()

    assert handle.stream.closed
    assert "success" == only_run(ld).outcome


def test_f5_dropping_the_proxy_ends_the_run_without_the_collector(ld: Any) -> None:
    """Reference counting alone finishes a stream that was let go of."""

    @tracked(KEY)
    def answer() -> Stream:
        return Stream(whole())

    gc.disable()
    try:
        stream = answer()
        next(stream), next(stream)
        del stream
        assert "success" == only_run(ld).outcome
    finally:
        gc.enable()


@objects
async def test_f8_chunks_of_objects_are_not_kept(ld: Any, shape: Shape) -> None:
    """Chunks that the consumer lets go of are freed while the stream goes on."""
    items = [Chunk("x", usage=(1, 1)) for _ in range(50)] + [last()]
    references = [weakref.ref(item) for item in items]

    def source() -> Iterator[Any]:
        while items:
            yield items.pop(0)

    handle = await shape.open(source())
    for _ in range(40):
        await handle.step()
    assert 40 - sum(reference() is None for reference in references) <= 3
    await handle.drain()


async def test_f4_steps_of_an_object_are_in_the_run(ld: Any) -> None:
    """Code of the stream object runs inside the run at each step, the consumer outside."""
    seen: list[Any] = []

    class Watching(Stream):
        def __next__(self) -> Any:
            seen.append(current_run())
            return super().__next__()

    @tracked(KEY)
    def answer() -> Watching:
        seen.append(current_run())
        return Watching(whole())

    for _ in answer():
        with pytest.raises(LookupError):
            current_run()
    assert 6 == len(seen)
    assert 1 == len({id(run) for run in seen})


def test_f5_consumed_in_another_thread(ld: Any) -> None:
    """A stream object handed to another thread is recorded there."""

    @tracked(KEY)
    def answer() -> Stream:
        return Stream(whole())

    stream = answer()
    thread = threading.Thread(target=lambda: list(stream))
    thread.start()
    thread.join()
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


async def test_f5_nested_streams_are_one_run(ld: Any) -> None:
    """A stream that a tracked function gets from another one and hands on is counted once."""

    @tracked(KEY)
    def inner() -> Stream:
        return Stream(whole())

    @tracked(KEY)
    def outer() -> Any:
        return inner()

    assert 4 == len(list(outer()))
    run = only_run(ld)
    assert ("success", 1, 8) == (run.outcome, outcome_count(run), run.total_tokens)
