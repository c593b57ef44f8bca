"""F5, D2: proxies and copies of streams behave as they do undecorated."""

from __future__ import annotations

import copy
import gc
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from ldtrack import tracked
from support import KEY, Chunk, Stream, only_run, outcome_count, whole


class Inner:
    """A stream that can be pickled; its doc string is its own."""

    def __init__(self) -> None:
        self.left = 3

    def __iter__(self) -> Inner:
        return self

    def __next__(self) -> int:
        if not self.left:
            raise StopIteration
        self.left -= 1
        return self.left


class Proxy:
    """Forwards everything to another object, as many proxies do."""

    def __init__(self, target: Any) -> None:
        object.__setattr__(self, "_target", target)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._target, name, value)

    def __iter__(self) -> Proxy:
        return self

    def __next__(self) -> Any:
        return next(self._target)


class Claiming(Proxy):
    """A proxy that claims the other object's class, too, as those of wrapt do."""

    @property
    def __class__(self) -> Any:
        return type(self._target)

    @__class__.setter
    def __class__(self, kind: Any) -> None:
        self._target.__class__ = kind


class Final(Claiming):
    """One that can only be stood for."""

    def __init_subclass__(cls) -> None:
        raise TypeError("final")


@pytest.mark.parametrize("kind", [Proxy, Claiming, Final])
def test_f5_a_proxy_that_forwards_its_attributes_is_tracked_itself(ld: Any, kind: type[Any]) -> None:
    """Nothing of ours reaches the object that it stands for."""
    inner = Stream(whole())
    before = {**vars(inner), "items": None}

    assert 4 == len(list(tracked(KEY)(lambda: kind(inner))()))
    assert (Stream, before) == (type(inner), {**vars(inner), "items": None})
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


@pytest.mark.parametrize("kind", [Claiming, Final])
def test_f5_a_proxy_claims_the_class_that_it_claims_undecorated(ld: Any, kind: type[Any]) -> None:
    """`isinstance` finds the class of what the proxy stands for."""
    stream = tracked(KEY)(lambda: kind(Stream(whole())))()

    assert isinstance(stream, Stream)
    assert Stream is stream.__class__


@tracked(KEY)
def numbers(kind: type[Any] = Inner) -> Any:
    """Give a stream of numbers."""
    return kind()


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda stream: pickle.loads(pickle.dumps(stream)),
        lambda stream: pickle.loads(pickle.dumps(stream, protocol=0)),
    ],
    ids=["copy", "deepcopy", "pickle", "old pickle"],
)
def test_d2_a_stream_is_copied_as_undecorated(ld: Any, copied: Callable[[Any], Any]) -> None:
    """The copy is a plain object of the class, with a life of its own; the run is the original's."""
    stream = numbers()
    assert 2 == next(stream)

    twin = copied(stream)
    assert (Inner, {"left": 2}) == (type(twin), vars(twin))
    assert [1, 0] == list(twin)
    assert [] == ld.runs()

    assert [1, 0] == list(stream)
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


class Known(Inner):
    """A stream that is pickled by its name."""

    def __reduce__(self) -> str:
        return "KNOWN"


KNOWN = Known()


class Remade(Inner):
    """A stream that is pickled with slots beside its attributes, and made anew by its own class."""

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (), (vars(self), {})

    def __deepcopy__(self, memo: Any) -> Remade:
        twin = type(self).__new__(type(self))
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def again(self) -> Remade:
        """Make another one."""
        return type(self)()


def test_d2_a_stream_that_takes_itself_apart_is_copied_as_undecorated(ld: Any) -> None:
    """Whatever its `__reduce__` gives."""
    assert KNOWN is copy.copy(tracked(KEY)(lambda: KNOWN)())

    twin = copy.copy(numbers(Remade))
    assert (Remade, {"left": 3}) == (type(twin), vars(twin))


def test_d2_a_stream_that_makes_others_of_its_class(ld: Any) -> None:
    """Those are nobody's: they work, and say nothing of the run."""
    stream = numbers(Remade)
    assert [2, 1, 0] == list(stream.again())
    assert [] == ld.runs()

    twin = copy.deepcopy(stream)
    del stream
    gc.collect()
    assert [2, 1, 0] == list(twin)
    assert "success" == only_run(ld).outcome


def test_d2_a_stream_keeps_its_documentation(ld: Any) -> None:
    """What is observed still says what it is."""
    assert Inner.__doc__ == numbers().__doc__


def test_f5_a_stream_that_two_runs_return(ld: Any) -> None:
    """Each run has its own view of it."""
    shared = Stream(whole())
    answer = tracked(KEY)(lambda: shared)
    first, second = answer(), answer()

    assert 2 == len([next(first), next(first)])
    chunks: list[Chunk] = list(second)
    assert 2 == len(chunks)
    assert ["success", "success"] == [run.outcome for run in ld.runs()]
