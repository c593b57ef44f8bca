"""Stream objects that something else feeds, and those that are driven step by step: each chunk is seen once (F5)."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import pytest

from ldtrack import _registry, tracked
from ldtrack._registration import Registration
from support import KEY, Chunk

CHUNKS = [Chunk(), Chunk("hi"), Chunk("!", (3, 5)), Chunk(last=True)]


class Fed:
    """A message, streamed as LangChain does: chunks are put into it when its consumer asks for more, and stay."""

    def __init__(self, error: Exception | None = None) -> None:
        self.chunks: list[Chunk] = []
        self.coming = iter(CHUNKS)
        self.error = error
        self.done = False

    def dispatch(self, chunk: Chunk) -> None:
        self.chunks.append(chunk)
        self.done = chunk is CHUNKS[-1]

    def fail(self, error: Exception) -> None:
        self.done = True
        self.error = error

    def __iter__(self) -> Iterator[Chunk]:
        yield from self.chunks
        for chunk in self.coming:
            self.dispatch(chunk)
            yield chunk
            if self.error:
                self.fail(self.error)
                raise self.error

    def close(self) -> None:
        if not self.done:
            self.fail(ValueError("closed"))


class Driven:
    """A run that is driven from outside, as Pydantic AI's can be."""

    def __init__(self) -> None:
        self.chunks = iter(CHUNKS)

    async def next(self, *, wanted: bool = True) -> Chunk | None:
        return next(self.chunks, None) if wanted else None


class Carrier:
    """A run that pulls from a stream it holds, as LangGraph's does, and repeats what comes."""

    def __init__(self) -> None:
        self.source: Iterator[Chunk] = (chunk for chunk in CHUNKS)

    def __iter__(self) -> Iterator[Chunk]:
        yield from self.source

    def abort(self) -> None:
        self.source.close()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def known() -> None:
    """Tell the registry of all."""
    for kind, methods in ((Fed, ("dispatch", "fail")), (Driven, ("next",)), (Carrier, ("source",))):
        _registry._tables["stream"].add(Registration(kind, "stream", None, methods=methods))


def recorded(ld: Any) -> Any:
    """Return what was recorded of the only run."""
    (run,) = ld.runs()
    return run.outcome, run.input_tokens, run.output_tokens, run.time_to_first_token_ms is not None


@tracked(KEY)
def answer(stream: Any) -> Any:
    """Give a stream object."""
    return stream


@pytest.mark.parametrize("make", [Fed, Carrier])
def test_f5_chunks_that_are_repeated_count_once(make, ld):
    """Whoever iterates the object gets what it was given, as often as it keeps it."""
    stream = answer(make())

    assert isinstance(stream, make)
    assert [CHUNKS, CHUNKS if make is Fed else []] == [list(stream), list(stream)]
    assert ("success", 3, 5, True) == recorded(ld)


def test_e_what_feeds_a_stream_may_fail(ld):
    """It is told, and told again to the consumer."""
    with pytest.raises(ValueError, match="broken"):
        list(answer(Fed(ValueError("broken"))))

    assert ("error", None, None, False) == recorded(ld)


def test_e_a_fed_stream_that_is_closed_was_left(ld):
    """What it tells itself then is no failure."""
    stream = answer(Fed())
    assert "hi" == next(chunk.text for chunk in stream if chunk.text)
    stream.close()

    assert ("success", None, None, True) == recorded(ld)


def test_e_a_run_that_is_aborted_was_left(ld):
    """It closes the stream that it holds."""
    stream = answer(Carrier())
    assert "hi" == next(chunk.text for chunk in stream if chunk.text)
    stream.abort()

    assert ("success", None, None, True) == recorded(ld)


def test_e_a_fed_stream_that_never_began_records_nothing(ld):
    """Nobody asked for a chunk."""
    answer(Fed()).close()
    answer(Carrier()).abort()

    assert [None] == [run.outcome for run in ld.runs()]


@pytest.mark.anyio
async def test_f5_a_run_that_is_driven_is_seen_step_by_step(ld):
    """It ends when its consumer drops it: nothing else tells."""
    run = answer(Driven())
    steps = [await run.next(wanted=True) for _ in CHUNKS]
    del run

    assert CHUNKS == steps
    assert ("success", 3, 5, True) == recorded(ld)


@pytest.mark.anyio
async def test_f5_a_method_that_an_object_has_of_its_own_is_seen_too(ld):
    """It goes before that of the class: google-genai puts its own `parse` on a response."""
    made = Driven()
    original = made.next

    async def own(*, wanted: bool) -> Any:
        return await original(wanted=wanted)

    made.next = own  # type: ignore[method-assign]
    run = answer(made)
    steps = [await run.next(wanted=True) for _ in CHUNKS]
    run = made = original = own = None

    gc.collect()
    assert CHUNKS == steps
    assert ("success", 3, 5, True) == recorded(ld)
