"""F6: an object that carries a stream is recognised by its own shape, whatever iterates its body."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from ldtrack import tracked
from support import KEY, Chunk, only_run, whole


class Body:
    """What Starlette takes as a body without being an iterator: it only has `__aiter__`."""

    def __aiter__(self) -> AsyncIterator[Chunk]:
        async def chunks() -> AsyncIterator[Chunk]:
            for chunk in whole():
                yield chunk

        return chunks()


@tracked(KEY)
def respond(**fields: Any) -> Any:
    """Give a response."""
    return SimpleNamespace(**fields)


def test_f6_a_body_that_is_only_iterable_is_tracked(ld: Any) -> None:
    """Its run ends with the body."""

    async def consume() -> int:
        return len([chunk async for chunk in respond(body_iterator=Body()).body_iterator])

    assert len(whole()) == asyncio.run(consume())
    assert 8 == only_run(ld).total_tokens


def test_f6_objects_of_one_class_with_and_without_a_body(ld: Any) -> None:
    """The attribute is the object's own, so one object says nothing of the next."""
    respond(status=204)
    ld.clear()

    list(respond(body_iterator=iter(whole())).body_iterator)
    assert 8 == only_run(ld).total_tokens
