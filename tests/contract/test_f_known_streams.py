"""Stream objects that are read through methods, keep their own counts, or travel in a dict (F5, F6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack import _registry, tracked
from ldtrack._registration import Registration
from support import KEY, Chunk

CHUNKS = [Chunk(), Chunk("hi"), Chunk("!", (3, 5)), Chunk(last=True)]


class Result:
    """An agent's result, streamed: its events come from a method, and it counts by itself."""

    def __init__(self, chunks: list[Chunk] = CHUNKS, used: int | None = 20) -> None:
        self.chunks = chunks
        self.used = used
        self.cancelled = False

    def events(self) -> Iterator[Chunk]:
        for chunk in self.chunks:
            if self.cancelled:
                return
            yield chunk

    async def events_async(self) -> AsyncIterator[Chunk]:
        for chunk in self.chunks:
            yield chunk

    def iterator(self) -> Any:
        return iter(self.chunks)

    def output(self) -> str:
        return "".join(chunk.text for chunk in self.events())

    async def output_async(self) -> str:
        return "".join([chunk.text async for chunk in self.events_async()])

    def cancel(self) -> None:
        self.cancelled = True


class Body:
    """Can be iterated, and is no iterator; like aiobotocore's, it makes its iterator by a strange `__anext__`."""

    def __iter__(self) -> Iterator[Chunk]:
        yield from CHUNKS

    def __aiter__(self) -> Any:
        return self.__anext__()

    async def __anext__(self) -> AsyncIterator[Chunk]:  # type: ignore[override]
        for chunk in CHUNKS:
            yield chunk


def used(result: Result) -> LDAIMetrics | None:
    """Read what the result counted."""
    if result.used is None:
        return None
    tokens = TokenUsage(total=result.used, input=result.used - 1, output=1)
    return LDAIMetrics(success=True, tokens=tokens, tool_calls=["search"])


@pytest.fixture(autouse=True)
def known() -> None:
    """Tell the registry of both."""
    methods = ("events", "events_async", "iterator", "output", "output_async")
    _registry._tables["stream"].add(Registration(Result, "stream", used, methods=methods))
    _registry._tables["stream"].add(Registration(Body, "stream", None))


@tracked(KEY)
def answer(result: Any) -> Any:
    """Give a stream object."""
    return result


def figures(ld: Any) -> Any:
    """Return what matters here of the only run."""
    (run,) = ld.runs()
    return run.outcome, run.total_tokens, run.tool_calls, run.time_to_first_token_ms is not None


@pytest.mark.parametrize("method", ["events", "iterator"])
def test_f5_chunks_that_come_from_a_method_are_seen(ld, method):
    """The object keeps its class; its own counts go before those of the chunks."""
    result = answer(Result())

    assert isinstance(result, Result)
    assert CHUNKS == list(getattr(result, method)())
    assert ("success", 20, ["search"], True) == figures(ld)


@pytest.mark.anyio
async def test_f5_async_chunks_that_come_from_a_method_are_seen(ld):
    """The same, async."""
    assert CHUNKS == [chunk async for chunk in answer(Result()).events_async()]
    assert ("success", 20, ["search"], True) == figures(ld)


def test_f5_a_method_that_drains_ends_the_run(ld):
    """The chunks are seen as they pass, and the result comes back."""
    assert "hi!" == answer(Result()).output()
    assert ("success", 20, ["search"]) == figures(ld)[:3]


@pytest.mark.anyio
async def test_f5_an_async_method_that_drains_ends_the_run(ld):
    """The same, async."""
    assert "hi!" == await answer(Result()).output_async()
    assert ("success", 20, ["search"]) == figures(ld)[:3]


def test_f5_an_object_that_tells_nothing_leaves_it_to_the_chunks(ld):
    """Where it has no counts, the chunks' hold."""
    list(answer(Result(used=None)).events())

    assert ("success", 8, [], True) == figures(ld)


def test_e_failed_chunks_are_a_failure_whatever_the_object_says(ld):
    """What was read says that it failed."""
    list(answer(Result([Chunk("hi"), Chunk(failed=True, last=True)])).events())

    assert ("error", 20, ["search"], True) == figures(ld)


def test_e_a_cancelled_stream_was_left_by_its_consumer(ld):
    """After output that is a success, though the terminal marker never came."""
    result = answer(Result())
    for chunk in result.events():
        if chunk.text:
            result.cancel()

    assert "success" == figures(ld)[0]


def test_f5_what_can_be_iterated_is_a_stream_where_it_is_known(ld):
    """It need not be an iterator itself."""
    assert CHUNKS == list(answer(Body()))
    assert ("success", 8, [], True) == figures(ld)


@pytest.mark.anyio
async def test_f5_iterators_made_by_a_strange_anext_work(ld):
    """An object's own use of its methods is left alone."""
    assert CHUNKS == [chunk async for chunk in answer(Body())]
    assert ("success", 8, [], True) == figures(ld)


@pytest.mark.parametrize("place", ["stream", "body"])
def test_f6_a_dict_that_carries_a_stream_is_tracked_through_it(ld, place):
    """It stays the very dict; the stream in it is observed."""
    carrier = {"ResponseMetadata": {}, place: Body()}
    result = answer(carrier)

    assert result is carrier
    assert [] == ld.runs()
    assert CHUNKS == list(result[place])
    assert ("success", 8, [], True) == figures(ld)


@pytest.mark.parametrize("value", [{"stream": iter(())}, {"ResponseMetadata": {}, "stream": "text"}, {}])
def test_f6_other_dicts_are_responses(ld, value):
    """A stream in any other dict is the app's own business."""
    assert value is answer(value)
    assert ("success", None, [], False) == figures(ld)
