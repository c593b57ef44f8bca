"""F3, F5: streams that are generators in all but name, or hand out generators, keep the whole protocol."""

from __future__ import annotations

import gc
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator
from typing import Any

import anyio
import pytest

from ldtrack import configure, current_run, tracked
from support import KEY, USER, Chunk, Reply, aplay, hello, last, only_run, play, role, whole

pytestmark = pytest.mark.anyio


class Likeness(Generator[Any, Any, Any]):
    """A generator by its methods only."""

    def __init__(self) -> None:
        self.inner = play(whole())

    def send(self, value: Any) -> Any:
        return self.inner.send(value)

    def throw(self, *exc: Any) -> Any:
        return self.inner.throw(*exc)


class AsyncLikeness(AsyncGenerator[Any, Any]):
    """The same, async."""

    def __init__(self) -> None:
        self.inner: Any = aplay(whole())

    async def asend(self, value: Any) -> Any:
        return await self.inner.asend(value)

    async def athrow(self, *exc: Any) -> Any:
        return await self.inner.athrow(*exc)


@tracked(KEY)
def answer(make: Callable[[], Any]) -> Any:
    """Give a stream."""
    return make()


def test_f5_a_generator_by_its_methods_is_tracked_through_send(ld: Any) -> None:
    """What drives it with `send` sees its end."""
    stream = answer(Likeness)
    assert 4 == len([stream.send(None) for _ in range(4)])
    with pytest.raises(StopIteration, match="returned"):
        stream.send(None)

    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_f5_an_exception_thrown_into_a_generator_by_its_methods_is_an_error(ld: Any) -> None:
    """The exception leaves the stream at once, whoever keeps it."""
    stream = answer(Likeness)
    assert [role().text, hello().text] == [next(stream).text, next(stream).text]
    with pytest.raises(KeyError):
        stream.throw(KeyError())

    assert ("error", 4) == (only_run(ld).outcome, only_run(ld).total_tokens)


async def test_f5_an_async_generator_by_its_methods_is_tracked_through_asend(ld: Any) -> None:
    """The same, async."""
    stream = answer(AsyncLikeness)
    assert 4 == len([await stream.asend(None) for _ in range(4)])
    with pytest.raises(StopAsyncIteration):
        await stream.asend(None)
    assert "success" == only_run(ld).outcome

    ld.clear()
    stream = answer(AsyncLikeness)
    assert 2 == len([await stream.asend(None) for _ in range(2)])
    with pytest.raises(KeyError):
        await stream.athrow(KeyError())
    assert "error" == only_run(ld).outcome


def test_f5_a_stream_with_a_send_of_another_kind(ld: Any) -> None:
    """A connection's `send` is no step."""

    class Connection:
        def __init__(self) -> None:
            self.inner = play(whole())
            self.sent: list[str] = []

        def __iter__(self) -> Connection:
            return self

        def __next__(self) -> Chunk:
            return next(self.inner)

        def send(self, text: str) -> None:
            self.sent.append(text)

    stream = answer(Connection)
    stream.send("hi")
    assert 4 == len(list(stream))
    assert (["hi"], "success", 8) == (stream.sent, only_run(ld).outcome, only_run(ld).total_tokens)


class Iterable:
    """A stream whose `__iter__` is a generator function, with an answer to what is thrown in, and a result."""

    def __iter__(self) -> Generator[Any, Any, str]:
        try:
            yield from whole()
        except KeyError:
            yield last()
        return "result"

    def __next__(self) -> Any:
        raise AssertionError("not used")


def test_f3_the_generator_of_an_iterable_stream_keeps_its_protocol(ld: Any) -> None:
    """`yield from stream` has its result, and an exception that is thrown in arrives."""

    def consume() -> Generator[Any, Any, str]:
        return (yield from answer(Iterable))

    with pytest.raises(StopIteration, match="result"):
        consumer = consume()
        while True:
            next(consumer)
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)

    ld.clear()
    consumer = consume()
    assert role().text == next(consumer).text
    assert last().usage == consumer.throw(KeyError()).usage
    consumer.close()
    assert 8 == only_run(ld).total_tokens


class Persistent:
    """A stream whose iterators are one and the same."""

    def __init__(self) -> None:
        self.inner = play(whole())
        self.ainner: Any = aplay(whole())

    def __iter__(self) -> Generator[Any, Any, str]:
        return self.inner

    def __aiter__(self) -> AsyncIterator[Any]:
        return self.ainner  # type: ignore[no-any-return]

    def __next__(self) -> Any:
        return next(self.inner)


async def test_f5_a_stream_that_is_left_and_taken_up_again(ld: Any) -> None:
    """`break` leaves the iterator as it is, if somebody else still has it."""
    stream = answer(Persistent)
    for _ in stream:
        break
    gc.collect()
    assert 3 == len(list(stream))

    stream = answer(Persistent)
    async for _ in stream:
        break
    gc.collect()
    await anyio.sleep(0.01)
    assert 3 == len([chunk async for chunk in stream])
    assert [("success", 8)] * 2 == [(run.outcome, run.total_tokens) for run in ld.runs()]


class OwnIterator:
    """A stream whose iterator is an object of its own, always the same."""

    class Items:
        """The iterator; it can be awaited for nothing."""

        def __init__(self) -> None:
            self.inner = play(whole())

        def __iter__(self) -> OwnIterator.Items:
            return self

        def __next__(self) -> Any:
            return next(self.inner)

    def __init__(self) -> None:
        self.items = self.Items()

    def __iter__(self) -> OwnIterator.Items:
        return self.items

    def __next__(self) -> Any:
        return next(self.items)


def test_d2_a_stream_hands_out_the_iterator_that_it_has(ld: Any) -> None:
    """The iterator is the object itself, each time, and what it gives counts once."""
    stream = answer(OwnIterator)
    iterator = iter(stream)
    assert stream.items is iterator is iter(stream)

    assert 2 == len([next(iterator), next(stream)])
    assert 2 == len(list(iterator))
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


class Either:
    """A stream that can be awaited instead."""

    def __init__(self, result: Callable[[Either], Awaitable[Any]]) -> None:
        self.result = result
        self.inner: Any = aplay(whole())

    def __await__(self) -> Generator[Any, Any, Any]:
        return self.result(self).__await__()

    def __aiter__(self) -> Either:
        return self

    async def __anext__(self) -> Any:
        return await self.inner.__anext__()


async def _reply(_stream: Either) -> Reply:
    assert KEY == current_run().config_key
    await anyio.sleep(0)
    return Reply()


async def _itself(stream: Either) -> Either:
    return stream


async def _failure(_stream: Either) -> None:
    raise ValueError


async def test_f7_a_stream_that_is_awaited_gives_a_response(ld: Any) -> None:
    """Awaited, it ends with the response; iterated, with its last chunk."""
    assert Reply() == await answer(lambda: Either(_reply))
    assert 4 == len([chunk async for chunk in answer(lambda: Either(_reply))])
    with pytest.raises(ValueError):
        await answer(lambda: Either(_failure))

    assert [("success", 8), ("success", 8), ("error", None)] == [(r.outcome, r.total_tokens) for r in ld.runs()]


async def test_f7_a_stream_that_is_awaited_and_gives_itself(ld: Any) -> None:
    """It goes on as a stream."""
    stream = await answer(lambda: Either(_itself))
    assert [] == ld.runs()

    assert 4 == len([chunk async for chunk in stream])
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


async def test_d3_a_strict_extractor_of_an_awaited_stream_raises_and_the_run_ends(ld: Any) -> None:
    """The fault is the caller's to see, and the call is recorded all the same."""
    configure(client=ld.client, context=USER, strict=True)

    def broken(_reply: Reply) -> Any:
        raise LookupError("wrong key")

    stream = tracked(KEY, extractor=broken)(lambda: Either(_reply))()
    with pytest.raises(LookupError, match="wrong key"):
        await stream

    assert ("success", None) == (only_run(ld).outcome, only_run(ld).total_tokens)
