"""F5: stream objects of unusual make, and results that are no streams."""

from __future__ import annotations

import copy
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from ldtrack import tracked
from support import (
    KEY,
    Chunk,
    Reply,
    Stream,
    only_run,
    outcome_count,
    whole,
)

pytestmark = pytest.mark.anyio


class IterableOnly:
    """An object like botocore's EventStream: `__iter__` is a generator; `__next__` exists as well."""

    def __init__(self) -> None:
        self.inner = iter(whole())

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self.inner:
            yield chunk

    def __next__(self) -> Chunk:
        return next(self.inner)


class AsyncIterableBoth:
    """Its `__aiter__` is an async generator, as in OpenAI's AsyncStream."""

    def __init__(self) -> None:
        self.inner = iter(whole())

    async def __aiter__(self) -> AsyncIterator[Chunk]:
        for chunk in self.inner:
            yield chunk

    async def __anext__(self) -> Chunk:
        try:
            return next(self.inner)
        except StopIteration:
            raise StopAsyncIteration from None


async def test_f5_iter_that_returns_another_object(ld: Any) -> None:
    """Streams whose `__iter__` or `__aiter__` makes a generator are tracked by whichever way is used."""

    @tracked(KEY)
    def answer() -> IterableOnly:
        return IterableOnly()

    @tracked(KEY)
    async def aanswer() -> AsyncIterableBoth:
        return AsyncIterableBoth()

    assert 4 == len(list(answer()))
    assert 4 == len([chunk async for chunk in await aanswer()])
    stream = answer()
    next(stream)
    assert 3 == len(list(stream))
    assert [("success", 8)] * 3 == [(run.outcome, run.total_tokens) for run in ld.runs()]


class BothProtocols:
    """Sync and async at once, as litellm's wrapper."""

    def __init__(self) -> None:
        self.inner = iter(whole())

    def __iter__(self) -> BothProtocols:
        return self

    def __next__(self) -> Chunk:
        return next(self.inner)

    def __aiter__(self) -> BothProtocols:
        return self

    async def __anext__(self) -> Chunk:
        await anyio.sleep(0)
        try:
            return next(self.inner)
        except StopIteration:
            raise StopAsyncIteration from None


async def test_f5_both_protocols(ld: Any) -> None:
    """Whichever protocol the consumer uses is the tracked one, once."""

    @tracked(KEY)
    def answer() -> BothProtocols:
        return BothProtocols()

    assert 4 == len(list(answer()))
    assert 4 == len([chunk async for chunk in answer()])
    assert [("success", 1)] * 2 == [(run.outcome, outcome_count(run)) for run in ld.runs()]


class Slotted:
    """A stream with slots and no `__dict__`, without weak references."""

    __slots__ = ("inner",)

    def __init__(self) -> None:
        self.inner = iter(whole())

    def __iter__(self) -> Slotted:
        return self

    def __next__(self) -> Chunk:
        return next(self.inner)


class Hostile(Stream):
    """A stream with special methods that a careless proxy would trip over."""

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("compared")

    __hash__ = None

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize(
    "make", [Slotted, lambda: Hostile(whole()), lambda: iter(whole()), lambda: map(copy.copy, whole())]
)
def test_f5_odd_stream_objects(ld: Any, make: Any) -> None:
    """Slots, hostile special methods, and the built-in iterators (list iterator, map) work."""

    @tracked(KEY)
    def answer() -> Any:
        return make()

    expected = type(make())
    stream = answer()
    assert isinstance(stream, expected)
    assert 4 == sum(1 for _ in stream)
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_f5_own_length_and_truth_are_kept(ld: Any) -> None:
    """Special methods of the object answer for the proxy."""

    @tracked(KEY)
    def answer() -> Any:
        return Hostile(whole())

    stream = answer()
    assert 0 == len(stream)
    assert not stream


def test_b4_files_are_not_streams(ld: Any, tmp_path: Any) -> None:
    """A file has `__next__` but is a result like any other: it comes back itself."""
    path = tmp_path / "f"
    path.write_text("a\nb\n")

    @tracked(KEY)
    def answer() -> Any:
        return path.open()

    with answer() as file:
        assert "success" == only_run(ld).outcome
        assert "TextIOWrapper" == type(file).__name__


@pytest.mark.parametrize("value", [[1, 2], (1,), "text", {"a": 1}, range(3), Reply()], ids=lambda v: type(v).__name__)
def test_d2_iterables_that_are_no_iterators_come_back_themselves(ld: Any, value: Any) -> None:
    """A list or a string is a result, not a stream."""

    @tracked(KEY)
    def answer() -> Any:
        return value

    assert value is answer()
    assert "success" == only_run(ld).outcome


def test_f5_iterator_outlives_the_stream(ld: Any) -> None:
    """Keeping only `iter(stream)` does not end the run early."""

    @tracked(KEY)
    def answer() -> IterableOnly:
        return IterableOnly()

    iterator = iter(answer())
    gc.collect()
    assert 4 == len(list(iterator))
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)
