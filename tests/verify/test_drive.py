"""How `ldtrack verify` reads what a function gives."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from ldtrack.verify._drive import drive


class Source:
    """A stream in every form, and what became of it."""

    def __init__(self) -> None:
        self.given = 0
        self.closed = False

    def plain(self) -> Iterator[int]:
        """Three chunks."""
        try:
            for chunk in range(3):
                self.given += 1
                yield chunk
        finally:
            self.closed = True

    async def asynchronous(self) -> AsyncIterator[int]:
        """Three chunks."""
        try:
            for chunk in range(3):
                self.given += 1
                yield chunk
        finally:
            self.closed = True

    @contextlib.contextmanager
    def manager(self) -> Iterator[Iterator[int]]:
        """A stream that has to be entered."""
        yield self.plain()

    @contextlib.asynccontextmanager
    async def async_manager(self) -> AsyncIterator[AsyncIterator[int]]:
        """A stream that has to be entered."""
        yield self.asynchronous()

    async def coroutine(self) -> AsyncIterator[int]:
        """A stream that has to be awaited."""
        return self.asynchronous()

    async def plain_from_coroutine(self) -> Iterator[int]:
        """A plain stream that has to be awaited."""
        return self.plain()

    def in_a_dict(self) -> dict[str, Any]:
        """A stream among other things, as Bedrock gives it."""
        return {"meta": "data", "stream": self.plain()}

    async def async_in_a_dict(self) -> dict[str, Any]:
        """The same, async."""
        return {"stream": self.asynchronous()}


FORMS: list[Callable[[Source], Any]] = [
    Source.plain,
    Source.asynchronous,
    Source.manager,
    Source.async_manager,
    Source.coroutine,
    Source.plain_from_coroutine,
    Source.in_a_dict,
    Source.async_in_a_dict,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_stream_is_read_to_the_end_or_in_part(form: Callable[[Source], Any]) -> None:
    """And closed where it is left."""
    for at, given in ((99, 3), (2, 2)):
        source = Source()
        assert drive(lambda: form(source), lambda: source.given >= at)  # noqa: B023 -- called at once
        assert (given, True) == (source.given, source.closed)


@pytest.mark.parametrize("result", [None, "text", [1, 2], {"choices": []}, object()])
def test_what_is_no_stream(result: Any) -> None:
    """A list or a text can be read as well, and is none; nor is what a coroutine returns."""

    async def coroutine() -> Any:
        return result

    assert not drive(lambda: result, lambda: False)
    assert not drive(coroutine, lambda: False)
