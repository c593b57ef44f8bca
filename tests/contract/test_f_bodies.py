"""F6: an object that carries a stream is recognised by its own shape, whatever iterates its body."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from ldtrack import tracked
from support import KEY, Chunk, Reply, only_run, whole


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


class Dotted(dict[str, Any]):
    """A dict with attribute access that knows every name, as `addict` and `munch` have it."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name, type(self)())

    __setattr__ = dict.__setitem__


class Lenient(Dotted):
    """One that gives None for what it does not know."""

    __getattr__ = dict.get


COMPLETION = {
    "object": "chat.completion",
    "choices": [],
    "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
}


@pytest.mark.parametrize("kind", [Dotted, Lenient])
def test_f6_a_dict_that_knows_every_attribute_carries_no_body(ld: Any, kind: type[Any]) -> None:
    """It is read as any other response, and comes back as it was."""
    response = tracked(KEY)(lambda: kind(COMPLETION))()

    assert COMPLETION == response
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


class Bodiless(Reply):
    """A response whose class has the attribute of a body; most of its objects have no body."""

    body_iterator: Any = None


@pytest.mark.parametrize("body", [None, 3])
def test_f6_a_response_without_a_body_is_read(ld: Any, body: Any) -> None:
    """Also where an earlier one had a body."""
    answer = tracked(KEY)(lambda body: _with_body(Bodiless(), body))
    assert 4 == len(list(answer(iter(whole())).body_iterator))
    assert 4 == len(list(answer(whole()).body_iterator))
    assert body is answer(body).body_iterator

    assert [("success", 8)] * 3 == [(run.outcome, run.total_tokens) for run in ld.runs()]


def _with_body(response: Any, body: Any) -> Any:
    response.body_iterator = body
    return response
