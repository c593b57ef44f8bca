"""Table E for streams that the consumer leaves, and E7."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import anyio
import pytest

from contract.helpers import Watch, tokens
from ldtrack import tracked
from support import (
    GENERATOR_FUNCTIONS,
    KEY,
    OBJECTS,
    STREAMS,
    Chunk,
    Handle,
    Shape,
    hello,
    last,
    only_run,
    outcome_count,
    role,
    whole,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]


Leave = Callable[[Handle], Awaitable[None]]


async def close(handle: Handle) -> None:
    """Close by hand."""
    await handle.close()


async def drop(handle: Handle) -> None:
    """Let garbage collection close it."""
    await handle.drop()


async def leave_block(handle: Handle) -> None:
    """Leave a `with` block that closes it."""
    stream = handle.stream
    if hasattr(stream, "__aexit__"):
        async with stream:
            pass
    elif hasattr(stream, "__exit__"):
        with stream:
            pass
    elif handle.asynchronous:
        async with contextlib.aclosing(stream):
            pass
    else:
        with contextlib.closing(stream):
            pass


async def leave_block_by_error(handle: Handle) -> None:
    """Leave a `with` block by an error of the consumer's own."""
    with contextlib.suppress(LookupError):
        async with contextlib.AsyncExitStack() as stack:
            stack.push_async_callback(leave_block, handle)
            raise LookupError


LEAVES: tuple[Leave, ...] = (close, drop, leave_block, leave_block_by_error)


streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


objects = pytest.mark.parametrize("shape", OBJECTS, ids=str)


leaves = pytest.mark.parametrize("leave", LEAVES, ids=lambda leave: leave.__name__)


@streams
@leaves
async def test_e_left_after_output_is_success(ld: Any, shape: Shape, leave: Leave) -> None:
    """Break, close, leaving a block and garbage collection after output: success, TTFT, tokens so far."""
    handle = await shape.open(whole())
    await handle.take(2)
    await leave(handle)

    run = only_run(ld)
    assert ("success", 1, (3, 1, 4)) == (run.outcome, outcome_count(run), tokens(run))
    assert run.time_to_first_token_ms is not None
    assert run.duration_ms is not None


@streams
@leaves
async def test_e_left_before_output_is_no_outcome(ld: Any, shape: Shape, leave: Leave) -> None:
    """The same endings before any output: no outcome, only a duration."""
    handle = await shape.open(whole())
    await handle.take(1)
    await leave(handle)

    run = only_run(ld)
    assert (None, 0, None) == (run.outcome, outcome_count(run), run.time_to_first_token_ms)
    assert run.duration_ms is not None


@streams
@leaves
async def test_e_left_after_failure_was_read_is_error(ld: Any, shape: Shape, leave: Leave) -> None:
    """Leaving early is no success when what was read already says failed."""
    handle = await shape.open([role(), hello(), Chunk(failed=True), last()])
    await handle.take(3)
    await leave(handle)

    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@objects
async def test_e_object_closed_before_first_step_is_no_outcome(ld: Any, shape: Shape) -> None:
    """A stream object closed before its first step: no outcome, a duration."""
    handle = await shape.open(whole())
    await handle.close()

    run = only_run(ld)
    assert (None, 0) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


@streams
async def test_e_break_out_of_a_for_loop(ld: Any, shape: Shape) -> None:
    """`break` after output is a success."""
    handle = await shape.open(whole())
    if handle.asynchronous:
        async for chunk in handle.stream:
            if chunk.text:
                break
    else:
        for chunk in handle.stream:
            if chunk.text:
                break
    await handle.drop()

    assert ("success", (3, 1, 4)) == (only_run(ld).outcome, tokens(only_run(ld)))


@pytest.mark.parametrize("shape", GENERATOR_FUNCTIONS, ids=str)
async def test_e7_error_while_closing(ld: Any, shape: Shape) -> None:
    """An exception that the body raises while it is being closed is an error and reaches the closer."""
    boom = ValueError("while closing")

    @tracked(KEY)
    def sync_stream() -> Iterator[Chunk]:
        try:
            yield hello()
        finally:
            raise boom

    @tracked(KEY)
    async def async_stream() -> AsyncIterator[Chunk]:
        try:
            yield hello()
        finally:
            raise boom

    handle = Handle(async_stream() if shape.asynchronous else sync_stream())
    await handle.step()
    with pytest.raises(ValueError) as caught:
        await handle.close()

    assert boom is caught.value
    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


async def test_e7_error_while_closing_an_object(ld: Any) -> None:
    """A stream object whose `close` raises ends as an error, and the caller gets the exception."""
    from support import Stream

    class Broken(Stream):
        def close(self) -> None:
            raise ValueError("while closing")

    @tracked(KEY)
    def answer() -> Broken:
        return Broken(whole())

    stream = answer()
    next(stream), next(stream)
    with pytest.raises(ValueError, match="while closing"):
        stream.close()

    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@streams
@leaves
async def test_e7_ends_at_its_last_chunk(ld: Any, shape: Shape, leave: Leave) -> None:
    """The clock stops at the last chunk, not when somebody got round to closing."""
    watch = Watch()
    handle = await shape.open(whole())
    await handle.take(2)
    taken = watch.ms
    await anyio.sleep(0.05)
    await leave(handle)

    assert only_run(ld).duration_ms <= taken


async def test_e7_a_body_that_refuses_to_close(ld: Any) -> None:
    """A body that yields while being closed gets Python's own RuntimeError, and one outcome at most."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        try:
            yield hello()
        except GeneratorExit:
            yield hello()

    stream: Any = answer()
    next(stream)
    with pytest.raises(RuntimeError, match="generator ignored GeneratorExit"):
        stream.close()

    del stream
    assert outcome_count(only_run(ld)) <= 1


async def test_e7_a_body_that_returns_when_closed(ld: Any) -> None:
    """A body that answers `close` by returning was closed all the same."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        with contextlib.suppress(GeneratorExit):
            yield role()

    stream: Any = answer()
    next(stream)
    stream.close()

    assert (None, 0) == (only_run(ld).outcome, outcome_count(only_run(ld)))
