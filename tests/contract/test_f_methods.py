"""F1: methods of every kind, callable objects, partials."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from ldtrack import tracked
from support import KEY, Chunk, Reply, only_run, whole


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


class Service:
    """Methods of every kind."""

    name = "service"

    @tracked(KEY)
    def method(self, question: str) -> Reply:
        """A method."""
        return Reply(f"{self.name} {question}")

    @tracked(KEY)
    async def async_method(self, question: str) -> Reply:
        """An async method."""
        return Reply(f"{self.name} {question}")

    @tracked(KEY)
    def stream(self, question: str) -> Iterator[Chunk]:
        """A generator method."""
        yield from whole()

    @tracked(KEY)
    async def async_stream(self, question: str) -> AsyncIterator[Chunk]:
        """An async generator method."""
        for chunk in whole():
            yield chunk

    @staticmethod
    @tracked(KEY)
    def static_outside(question: str) -> Reply:
        return Reply(question)

    @tracked(KEY)
    @staticmethod
    def static_inside(question: str) -> Reply:
        return Reply(question)

    @classmethod
    @tracked(KEY)
    def class_outside(cls, question: str) -> Reply:
        return Reply(f"{cls.name} {question}")

    @tracked(KEY)
    @classmethod
    def class_inside(cls, question: str) -> Reply:
        return Reply(f"{cls.name} {question}")

    @classmethod
    @tracked(KEY)
    def class_stream_outside(cls, question: str) -> Iterator[Chunk]:
        yield from whole()

    @tracked(KEY)
    @classmethod
    def class_stream_inside(cls, question: str) -> Iterator[Chunk]:
        yield from whole()

    @staticmethod
    @tracked(KEY)
    def static_stream_outside(question: str) -> Iterator[Chunk]:
        yield from whole()

    @tracked(KEY)
    @staticmethod
    def static_stream_inside(question: str) -> Iterator[Chunk]:
        yield from whole()


@pytest.mark.parametrize("owner", [Service(), Service], ids=["instance", "class"])
@pytest.mark.parametrize(
    ("name", "text"),
    [("static_outside", "q"), ("static_inside", "q"), ("class_outside", "service q"), ("class_inside", "service q")],
)
def test_f1_class_and_static_methods(ld: Any, owner: Any, name: str, text: str) -> None:
    """Class- and static methods work in either order of decorators, on the class and on instances."""
    assert text == getattr(owner, name)("q").text
    assert "success" == only_run(ld).outcome


@pytest.mark.parametrize("owner", [Service(), Service], ids=["instance", "class"])
@pytest.mark.parametrize(
    "name", ["class_stream_outside", "class_stream_inside", "static_stream_outside", "static_stream_inside"]
)
def test_f1_generator_class_and_static_methods(ld: Any, owner: Any, name: str) -> None:
    """Generator methods bind like any other, and stay generator functions."""
    bound = getattr(owner, name)

    assert inspect.isgeneratorfunction(bound)
    assert 4 == len(list(bound("q")))
    assert "success" == only_run(ld).outcome


@pytest.mark.anyio
async def test_f1_methods(ld: Any) -> None:
    """Methods bind, and subclasses see their own `self`."""

    class Sub(Service):
        name = "sub"

    service = Sub()
    assert "sub q" == service.method("q").text
    assert "sub q" == Service.method(service, question="q").text
    assert "sub q" == (await service.async_method("q")).text
    assert 4 == len(list(service.stream("q")))
    assert 4 == len([chunk async for chunk in service.async_stream("q")])
    assert 5 == len(ld.runs())


def test_f1_bound_methods_look_bound() -> None:
    """A bound generator method is a method of its object."""
    service = Service()
    for name in ("method", "stream"):
        method = getattr(service, name)
        assert inspect.ismethod(method)
        assert service is method.__self__
        assert name == method.__name__
        assert ["question"] == list(inspect.signature(method).parameters)


def test_f1_super_and_override(ld: Any) -> None:
    """`super()` reaches the decorated generator of a base class."""

    class Sub(Service):
        def stream(self, question: str) -> Iterator[Chunk]:
            yield from super().stream(question)

    assert 4 == len(list(Sub().stream("q")))
    assert 1 == len(ld.runs())


def test_f1_decorating_a_bound_method(ld: Any) -> None:
    """A bound method can be decorated."""

    class Client:
        def ask(self, question: str) -> Reply:
            return Reply(question)

        def stream(self, question: str) -> Iterator[Chunk]:
            yield from whole()

    client = Client()
    assert "q" == tracked(KEY)(client.ask)("q").text
    assert 4 == len(list(tracked(KEY)(client.stream)("q")))
    assert 2 == len(ld.runs())


class CallableService:
    """A callable object."""

    def __call__(self, question: str) -> Reply:
        return Reply(question)


class CallableStream:
    """A callable object whose call is a generator."""

    def __call__(self, question: str) -> Iterator[Chunk]:
        yield from whole()


class AsyncCallable:
    """A callable object whose call is a coroutine function."""

    async def __call__(self, question: str) -> Reply:
        return Reply(question)


@pytest.mark.anyio
async def test_f1_callable_objects(ld: Any) -> None:
    """Callable objects work in their shapes, which the decorated ones show as functions do."""
    shapes = [inspect.iscoroutinefunction, inspect.isgeneratorfunction]
    for kind, shown in [(CallableService, None), (CallableStream, shapes[1]), (AsyncCallable, shapes[0])]:
        assert [shape is shown for shape in shapes] == [shape(tracked(KEY)(kind())) for shape in shapes]
    assert "q" == tracked(KEY)(CallableService())("q").text
    assert 4 == len(list(tracked(KEY)(CallableStream())("q")))
    assert "q" == (await tracked(KEY)(AsyncCallable())("q")).text
    assert ["success"] * 3 == [run.outcome for run in ld.runs()]


@pytest.mark.anyio
async def test_f1_partials(ld: Any) -> None:
    """Partials of every shape work, decorated and wrapped around."""
    assert 7 == tracked(KEY)(functools.partial(plain, size=7))("q").input
    assert 7 == functools.partial(tracked(KEY)(plain), size=7)("q").input
    assert 7 == (await tracked(KEY)(functools.partial(coroutine, "q"))(size=7)).input
    assert 4 == len(list(tracked(KEY)(functools.partial(generator, "q"))()))
    assert 4 == len([chunk async for chunk in tracked(KEY)(functools.partial(async_generator, "q"))()])
    assert 5 == len(ld.runs())
