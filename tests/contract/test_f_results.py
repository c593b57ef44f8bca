"""D2, B4: results that look like something else come back as they are."""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest import mock

import pytest

from contract.helpers import tokens
from ldtrack import tracked
from support import KEY, AsyncStream, Chunk, Stream, aplay, only_run, outcome_count, play, whole

pytestmark = pytest.mark.anyio


class Detached:
    """An object whose attributes cannot be read any more, as of a closed database session."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"detached: {name}")


class Array:
    """An object that cannot be compared or tested, as a numpy array."""

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")

    def __eq__(self, other: object) -> Any:
        raise ValueError("ambiguous")

    def __len__(self) -> int:
        raise TypeError("no length")

    __hash__ = None


class Liar:
    """An object that says it is of another class."""

    @property
    def __class__(self) -> Any:
        return Stream

    @__class__.setter
    def __class__(self, value: Any) -> None:
        raise TypeError


Point = namedtuple("Point", "x y")  # noqa: PYI024 -- the plain kind is what is tested

RESULTS: dict[str, Any] = {
    "None": lambda: None,
    "NotImplemented": lambda: NotImplemented,
    "Ellipsis": lambda: Ellipsis,
    "zero": lambda: 0,
    "empty text": lambda: "",
    "empty dict": dict,
    "named tuple": lambda: Point(1, 2),
    "stream class": lambda: Stream,
    "async stream class": lambda: AsyncStream,
    "exception": lambda: ValueError("returned, not raised"),
    "partial": lambda: functools.partial(print),
    "generator function": lambda: play,
    "async generator function": lambda: aplay,
    "Mock": mock.Mock,
    "NonCallableMock": mock.NonCallableMock,
    "detached": Detached,
    "array": Array,
    "liar": Liar,
    "dict": lambda: {"stream": True, "body_iterator": None},
    "builtin": lambda: open,
    "object": object,
}


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("asynchronous", [False, True])
async def test_d2_odd_results_come_back_themselves(ld: Any, asynchronous: bool, name: str) -> None:
    """Classes, mocks, arrays, detached objects: the very same object, a success."""
    result = RESULTS[name]()

    @tracked(KEY)
    def answer() -> Any:
        return result

    @tracked(KEY)
    async def aanswer() -> Any:
        return result

    got = await aanswer() if asynchronous else answer()
    assert got is result
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@pytest.mark.parametrize("make", [mock.MagicMock, mock.AsyncMock])
def test_d2_magic_mocks_are_seen_through(ld: Any, make: Any) -> None:
    """Fakes that have every protocol, streams' among them, still answer as themselves."""
    fake = make()

    @tracked(KEY)
    def answer() -> Any:
        return fake

    got = answer()
    assert isinstance(got, make)
    assert got.choices[0].text is fake.choices[0].text
    assert got.usage is fake.usage
    got.sync_call = mock.Mock()
    got.sync_call(1)
    fake.sync_call.assert_called_once_with(1)


def test_f5_generator_that_was_advanced_before_it_was_returned(ld: Any) -> None:
    """A function may look at the first chunk before it returns the generator."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        stream = play(whole())
        next(stream)
        return stream

    stream: Any = answer()
    assert ["hi", " there", ""] == [chunk.text for chunk in stream]
    assert ("success", (3, 5, 8)) == (only_run(ld).outcome, tokens(only_run(ld)))


async def test_f5_async_generator_that_was_advanced(ld: Any) -> None:
    """Also when async."""

    @tracked(KEY)
    async def answer() -> AsyncIterator[Chunk]:
        stream = aplay(whole())
        await anext(stream)
        return stream

    assert ["hi", " there", ""] == [chunk.text async for chunk in await answer()]
    assert ("success", (3, 5, 8)) == (only_run(ld).outcome, tokens(only_run(ld)))


@pytest.mark.parametrize("make", [play, Stream])
def test_f5_stream_that_was_exhausted_before_it_was_returned(ld: Any, make: Any) -> None:
    """An exhausted stream is empty, and nothing hangs or raises."""

    @tracked(KEY)
    def answer() -> Any:
        stream = make(whole())
        list(stream)
        return stream

    assert [] == list(answer())
    assert all(outcome_count(run) <= 1 for run in ld.runs())


def test_f5_one_stream_returned_twice(ld: Any) -> None:
    """Two calls that hand out one stream leave two ended runs, and each chunk once."""
    shared = Stream(whole())

    @tracked(KEY)
    def answer() -> Stream:
        return shared

    first, second = answer(), answer()
    chunks = [next(first), next(second), *first, *second]
    assert 4 == len(chunks)
    assert all(outcome_count(run) == 1 for run in ld.runs())


def test_d2_user_exception_that_cannot_be_looked_at(ld: Any) -> None:
    """An exception with hostile attributes reaches the caller as it is."""

    class Hostile(Exception):
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

        def __str__(self) -> str:
            raise RuntimeError("no text")

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("compared")

        __hash__ = None

    boom = Hostile()
    for make in (lambda: play([boom]), lambda: Stream([boom])):
        with pytest.raises(Hostile) as caught:
            list(tracked(KEY)(make)())
        assert boom is caught.value

    @tracked(KEY)
    def answer() -> Any:
        raise boom

    with pytest.raises(Hostile) as caught:
        answer()
    assert boom is caught.value
    assert ["error"] * 3 == [run.outcome for run in ld.runs()]


NAMES = (
    "self",
    "cls",
    "function",
    "func",
    "fn",
    "plan",
    "run",
    "args",
    "kwargs",
    "config_key",
    "key",
    "stream",
    "tracker",
)


@pytest.mark.parametrize("name", NAMES)
async def test_d2_keyword_arguments_of_any_name(ld: Any, name: str) -> None:
    """No name that ldtrack uses inside is taken from the caller, in any shape."""

    @tracked(KEY)
    def sync(**options: Any) -> Any:
        return options

    @tracked(KEY)
    async def coroutine(**options: Any) -> Any:
        return options

    @tracked(KEY)
    def generator(**options: Any) -> Iterator[Any]:
        yield options

    @tracked(KEY)
    async def async_generator(**options: Any) -> AsyncIterator[Any]:
        yield options

    options = {name: 1}
    assert options == sync(**options) == await coroutine(**options)
    assert [options] == list(generator(**options))
    assert [options] == [item async for item in async_generator(**options)]


async def test_d2_context_of_steps_inside_except(ld: Any) -> None:
    """Stepped while another exception is handled, errors have the context that they have undecorated."""

    def generator() -> Iterator[int]:
        yield 1
        raise ValueError

    async def async_generator() -> AsyncIterator[int]:
        yield 1
        raise ValueError

    async def failing_step(stream: Any) -> BaseException:
        asynchronous = hasattr(stream, "__anext__")
        await anext(stream) if asynchronous else next(stream)
        try:
            raise KeyError("outer")
        except KeyError:
            with pytest.raises(ValueError) as caught:
                await anext(stream) if asynchronous else next(stream)
        return caught.value

    for function in (generator, async_generator):
        expected, actual = await failing_step(function()), await failing_step(tracked(KEY)(function)())
        assert type(expected.__context__) is type(actual.__context__)
        assert type(expected.__cause__) is type(actual.__cause__)
