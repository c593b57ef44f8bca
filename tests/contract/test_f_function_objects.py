"""F2: decorated generator functions pass for functions wherever Python and its libraries take one."""

from __future__ import annotations

import abc
import copy
import enum
import functools
import inspect
import pydoc
import typing
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest import mock

import pytest

from ldtrack import tracked
from support import KEY, Chunk, only_run, whole


@tracked(KEY)
def stream(question: str, *, size: int = 3) -> Iterator[Chunk]:
    """Stream the answer."""
    yield from whole()


@tracked(KEY)
async def astream(question: str, *, size: int = 3) -> AsyncIterator[Chunk]:
    """Stream the answer, async."""
    for chunk in whole():
        yield chunk


both = pytest.mark.parametrize("function", [stream, astream], ids=["generator", "async generator"])


@both
def test_f2_can_be_copied_hashed_and_referred_to(function: Any) -> None:
    """Copies are the function itself, as for functions; it is hashable, and weak references work."""
    assert function is copy.copy(function)
    assert function is copy.deepcopy(function)
    assert {function: 1}[function] == 1
    assert function is weakref.ref(function)()
    assert callable(function)


@both
def test_f2_documentation(function: Any) -> None:
    """`help()` and `inspect` describe it as a function."""
    text = pydoc.plain(pydoc.render_doc(function))

    assert "question: " in text
    assert "size: " in text
    assert "Stream the answer" in text
    assert function.__wrapped__ is inspect.unwrap(function)
    assert inspect.getmodule(function).__name__ == __name__
    assert inspect.getsourcelines(function)[0]


def test_f2_class_bodies_of_every_kind(ld: Any) -> None:
    """Enums, abstract classes, `__slots__` and properties take it as a function."""

    class Color(enum.Enum):
        RED = 1

        @tracked(KEY)
        def tokens(self) -> Iterator[Any]:
            yield self.name

    class Base(abc.ABC):
        __slots__ = ()

        @abc.abstractmethod
        @tracked(KEY)
        def tokens(self) -> Iterator[str]:
            yield "base"

        @property
        @tracked(KEY)
        def listed(self) -> Iterator[str]:
            yield "property"

    class Concrete(Base):
        __slots__ = ()

        def tokens(self) -> Iterator[str]:
            yield from super().tokens()

    assert ["RED"] == [member.name for member in Color]
    assert ["RED"] == list(Color.RED.tokens())
    with pytest.raises(TypeError, match="abstract"):
        Base()
    assert ["base"] == list(Concrete().tokens())
    assert ["property"] == list(Concrete().listed)
    assert ["success"] * 3 == [run.outcome for run in ld.runs()]


def test_f2_abstract_mark_below_the_decorator() -> None:
    """An abstract method stays abstract under `@tracked`."""

    class Base(abc.ABC):
        @tracked(KEY)
        @abc.abstractmethod
        def tokens(self) -> Iterator[str]:
            yield "base"

    with pytest.raises(TypeError, match="abstract"):
        Base()


def test_f2_bound_methods_are_equal_and_hashable() -> None:
    """Two accesses of a bound method compare equal, and refer to object and function."""

    class Service:
        @tracked(KEY)
        def stream(self) -> Iterator[Chunk]:
            yield from whole()

    service = Service()
    assert service.stream == service.stream
    assert hash(service.stream) == hash(service.stream)
    assert service.stream.__func__ is Service.stream
    assert Service().stream != service.stream


def test_f2_functools_over_it(ld: Any) -> None:
    """`wraps`, `lru_cache`, `singledispatch` and `partialmethod` take it."""

    class Service:
        @tracked(KEY)
        def stream(self, question: str, size: int) -> Iterator[Any]:
            yield question, size

        brief = functools.partialmethod(stream, size=1)

    @functools.singledispatch
    def dispatch(question: object) -> Any:
        raise TypeError

    dispatch.register(str, stream)

    @functools.wraps(stream)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return stream(*args, **kwargs)

    assert [("q", 1)] == list(Service().brief("q"))
    assert 4 == len(list(dispatch("q")))
    assert 4 == len(list(functools.lru_cache(stream)("q")))
    assert inspect.signature(stream) == inspect.signature(wrapper)
    assert 3 == len(ld.runs())


@both
def test_f2_signatures_of_partials_and_methods(function: Any) -> None:
    """Signatures follow binding and partial application."""
    assert ["size"] == list(inspect.signature(functools.partial(function, "q")).parameters)
    assert ["size"] == list(inspect.signature(function.__get__(object())).parameters)
    assert {"question", "size", "return"} == set(typing.get_type_hints(function))


def test_j1_tracked_twice_counts_once(ld: Any) -> None:
    """Decorating twice with one key is one run (J1)."""
    twice: Callable[..., Any] = tracked(KEY)(stream)

    assert inspect.isgeneratorfunction(twice)
    assert 4 == len(list(twice("q")))
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_f2_module_attributes_can_be_patched(ld: Any) -> None:
    """`mock.patch` replaces and restores a decorated method."""

    class Service:
        @tracked(KEY)
        def stream(self) -> Iterator[Any]:
            yield 1

    with mock.patch.object(Service, "stream", return_value=iter([2])):
        assert [2] == list(Service().stream())
    assert [1] == list(Service().stream())
