"""F1: decorated functions look like the original."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from ldai import AICompletionConfig
from ldai.tracker import LDAIConfigTracker
from ldclient import Context

from ldtrack import Run, inject, tracked
from support import KEY, Chunk, Reply, only_run, whole

PREDICATES = ("iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "isroutine")


def plain(question: str, *, size: int = 3) -> Reply:
    """Plain."""
    return Reply(question, size)


async def coroutine(question: str, *, size: int = 3) -> Reply:
    """Coroutine."""
    return Reply(question, size)


def generator(question: str, *, size: int = 3) -> Iterator[Chunk]:
    """Generator."""
    yield from whole()


async def async_generator(question: str, *, size: int = 3) -> AsyncIterator[Chunk]:
    """Async generator."""
    for chunk in whole():
        yield chunk


SHAPES = (plain, coroutine, generator, async_generator)


shapes = pytest.mark.parametrize("original", SHAPES, ids=lambda function: function.__name__)


@shapes
@pytest.mark.parametrize("predicate", PREDICATES)
def test_f1_inspect_predicates(original: Callable[..., Any], predicate: str) -> None:
    """`inspect` says of the decorated function what it says of the original."""
    test = getattr(inspect, predicate)

    assert test(original) == test(tracked(KEY)(original))


@shapes
@pytest.mark.parametrize("name", ["__name__", "__qualname__", "__doc__", "__module__", "__annotations__"])
def test_f1_names(original: Callable[..., Any], name: str) -> None:
    """Names, documentation and annotations are the original's."""
    assert getattr(original, name) == getattr(tracked(KEY)(original), name)


@shapes
def test_f1_signature_and_wrapped(original: Callable[..., Any]) -> None:
    """The signature is the original's, and `__wrapped__` leads to it."""
    decorated: Any = tracked(KEY)(original)

    assert original is decorated.__wrapped__
    assert inspect.signature(original) == inspect.signature(decorated)
    assert typing.get_type_hints(original) == typing.get_type_hints(decorated)
    assert inspect.getsource(original) == inspect.getsource(decorated)


@shapes
def test_f1_asyncio_predicate(original: Callable[..., Any]) -> None:
    """A partial of a decorated function has the shape of a partial of the original."""
    decorated = functools.partial(tracked(KEY)(original), "q")
    reference = functools.partial(original, "q")

    for predicate in PREDICATES[:3]:
        assert getattr(inspect, predicate)(reference) == getattr(inspect, predicate)(decorated)


@shapes
def test_f1_attributes_of_the_function_are_kept(original: Callable[..., Any]) -> None:
    """What other decorators noted on the function is still there, and can be noted later."""

    def note(function: Any) -> Any:
        function.route = "/chat"
        return function

    decorated: Any = tracked(KEY)(note(original))
    assert "/chat" == decorated.route
    decorated.later = 1
    assert 1 == decorated.later


def test_b7_injected_parameters_are_absent_from_the_signature() -> None:
    """Frameworks that read signatures see the caller's own parameters only."""

    def answer(
        question: str,
        config: AICompletionConfig,
        user: Context,
        tracker: LDAIConfigTracker = inject(),
        *,
        run: Run,
    ) -> str:
        return question

    for make in (answer, functools.partial(answer)):
        assert ["question", "user"] == list(inspect.signature(tracked(KEY)(make)).parameters)


def test_f1_lambdas_and_recursion(ld: Any) -> None:
    """Lambdas work; a recursive function is one run (J1)."""

    @tracked(KEY)
    def count_down(n: int) -> Reply:
        return count_down(n - 1) if n else Reply()

    assert Reply() == tracked(KEY)(lambda: Reply())()
    assert Reply() == count_down(3)
    assert 2 == len(ld.runs())


def test_f1_functools_wrappers_around(ld: Any) -> None:
    """Ordinary decorators below and above do not disturb."""

    def twice(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    assert 3 == twice(tracked(KEY)(twice(plain)))("q").input
    assert ["question", "size"] == list(inspect.signature(twice(tracked(KEY)(twice(plain)))).parameters)
    assert "success" == only_run(ld).outcome
