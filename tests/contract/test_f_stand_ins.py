"""F5, F8: objects whose class Python does not let go are stood for, at no price for their lifetime."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest

from ldtrack import tracked
from support import KEY


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Reference counting has to do."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("no_collector")
def test_f5_dropping_a_c_iterator_finishes_what_is_under_it_at_once(ld: Any) -> None:
    """A connection under a `map` is closed when the stream is dropped, not at some later collection."""
    closed: list[str] = []

    def lines() -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            closed.append("closed")

    @tracked(KEY)
    def answer() -> Iterator[str]:
        return map(str.upper, lines())

    stream = answer()
    assert "A" == next(stream)
    del stream

    assert ["closed"] == closed


def test_f8_classes_of_streams_are_not_kept_alive(ld: Any) -> None:
    """An app that makes stream classes as it goes does not fill the memory (as C2 has it for responses)."""

    @tracked(KEY)
    def answer(kind: Any) -> Any:
        return kind()

    def consumed() -> weakref.ref[Any]:
        kind = type("Stream", (), {"__iter__": lambda self: self, "__next__": lambda _self: next(iter(()))})
        assert [] == list(answer(kind))
        return weakref.ref(kind)

    made = consumed()
    gc.collect()
    assert made() is None
