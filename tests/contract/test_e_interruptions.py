"""Table E for streams and calls that do not end by themselves, and E1, E2, E7."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import anyio
import pytest
from support import (
    ASYNC_CALLS,
    ASYNC_STREAMS,
    GENERATOR_FUNCTIONS,
    GENERATORS,
    KEY,
    OBJECTS,
    STREAMS,
    USER,
    WAIT,
    Call,
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

from ldtrack import configure, tracked

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

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
async_streams = pytest.mark.parametrize("shape", ASYNC_STREAMS, ids=str)
generators = pytest.mark.parametrize("shape", GENERATORS, ids=str)
objects = pytest.mark.parametrize("shape", OBJECTS, ids=str)
leaves = pytest.mark.parametrize("leave", LEAVES, ids=lambda leave: leave.__name__)
interrupts = pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])


def tokens(run: Any) -> tuple[Any, Any, Any]:
    """A run's three token numbers."""
    return run.input_tokens, run.output_tokens, run.total_tokens


async def cancelled(step: Callable[[], Awaitable[Any]]) -> None:
    """Cancel a step that waits."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        await step()
    assert scope.cancelled_caught


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


@async_streams
async def test_e2_cancelled_after_output_is_success_at_that_moment(ld: Any, shape: Shape) -> None:
    """A cancellation after output ends the run as a success, though the consumer keeps the iterator."""
    handle = await shape.open([role(), hello(), WAIT])
    await handle.take(2)
    await cancelled(handle.step)

    run = only_run(ld)
    assert ("success", 1, (3, 1, 4)) == (run.outcome, outcome_count(run), tokens(run))
    assert run.time_to_first_token_ms is not None
    await handle.drop()
    assert 1 == outcome_count(only_run(ld))


@async_streams
async def test_e2_cancelled_before_output_is_error_at_that_moment(ld: Any, shape: Shape) -> None:
    """A cancellation before any output is an error."""
    handle = await shape.open([role(), WAIT])
    await handle.take(1)
    await cancelled(handle.step)

    run = only_run(ld)
    assert ("error", 1, None) == (run.outcome, outcome_count(run), run.time_to_first_token_ms)
    assert run.duration_ms is not None
    await handle.drop()


@async_streams
@pytest.mark.parametrize(("items", "expected"), [([role(), hello(), WAIT], "success"), ([role(), WAIT], "error")])
async def test_e_timeout(ld: Any, shape: Shape, items: list[Any], expected: str) -> None:
    """A time-out is a cancellation: success after output, error before it."""
    handle = await shape.open(items)
    with pytest.raises(TimeoutError):
        with anyio.fail_after(0.02):
            await handle.drain()

    run = only_run(ld)
    assert (expected, 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms >= 15
    await handle.drop()


@pytest.mark.parametrize("call", ASYNC_CALLS, ids=lambda call: call.__name__)
async def test_e_cancelled_call_is_error(ld: Any, call: Call) -> None:
    """A cancelled call is an error with a duration, recorded when the cancellation leaves it."""
    await cancelled(lambda: call(WAIT))

    run = only_run(ld)
    assert ("error", 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


def test_e_asyncio_wait_for(ld: Any) -> None:
    """`asyncio.wait_for` times out a call and a stream, and both are recorded once."""

    @tracked(KEY)
    async def answer() -> None:
        await asyncio.sleep(60)

    @tracked(KEY)
    async def stream() -> AsyncIterator[Chunk]:
        yield hello()
        await asyncio.sleep(60)

    async def drain() -> None:
        async for _ in stream():
            pass

    async def main() -> None:
        for waiting in (answer(), drain()):
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(waiting, 0.02)

    asyncio.run(main())
    assert ["error", "success"] == [run.outcome for run in ld.runs()]


async def test_e2_cancellation_reaches_the_body_and_is_not_delayed(ld: Any) -> None:
    """The body sees the cancellation, its `finally` runs before the run ends, and nothing is swallowed."""
    seen: list[str] = []

    @tracked(KEY)
    async def stream() -> AsyncIterator[Chunk]:
        try:
            yield hello()
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class():
            seen.append("cancelled")
            raise
        finally:
            seen.append("finally")

    iterator = stream()
    await iterator.__anext__()
    await cancelled(iterator.__anext__)
    assert ["cancelled", "finally"] == seen
    assert "success" == only_run(ld).outcome


@streams
@interrupts
@pytest.mark.parametrize(("before", "expected"), [(2, "success"), (1, "error")])
async def test_e_interrupt_raised_in_the_body(
    ld: Any, shape: Shape, interrupt: type[BaseException], before: int, expected: str
) -> None:
    """KeyboardInterrupt and SystemExit: success after output, error before it, never swallowed."""
    handle = await shape.open([role(), hello()][:before] + [interrupt()])

    with pytest.raises(interrupt):
        await handle.drain()

    run = only_run(ld)
    assert (expected, 1) == (run.outcome, outcome_count(run))
    assert (before == 2) == (run.time_to_first_token_ms is not None)


@generators
@interrupts
@pytest.mark.parametrize(("before", "expected"), [(2, "success"), (1, "error")])
async def test_e_interrupt_thrown_in(
    ld: Any, shape: Shape, interrupt: type[BaseException], before: int, expected: str
) -> None:
    """The same when the consumer throws them in."""
    handle = await shape.open(whole())
    await handle.take(before)
    thrown = interrupt()

    with pytest.raises(interrupt) as caught:
        await handle.throw(thrown)

    assert thrown is caught.value
    assert (expected, 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@generators
async def test_e_exception_thrown_in_is_error(ld: Any, shape: Shape) -> None:
    """An Exception thrown in that the body lets through is an error."""
    handle = await shape.open(whole())
    await handle.take(2)
    boom = ValueError("boom")

    with pytest.raises(ValueError) as caught:
        await handle.throw(boom)

    assert boom is caught.value
    assert ("error", (3, 1, 4)) == (only_run(ld).outcome, tokens(only_run(ld)))


@generators
@pytest.mark.parametrize(("before", "expected"), [(2, "success"), (1, None)])
async def test_e_generator_exit_thrown_in_is_a_close(
    ld: Any, shape: Shape, before: int, expected: str | None
) -> None:
    """GeneratorExit thrown by hand ends as `close()` does."""
    handle = await shape.open(whole())
    await handle.take(before)

    with pytest.raises(GeneratorExit):
        await handle.throw(GeneratorExit())

    assert expected == only_run(ld).outcome


@streams
@pytest.mark.parametrize(("before", "expected"), [(2, "success"), (1, "error")])
async def test_e_group_of_interruptions(ld: Any, shape: Shape, before: int, expected: str) -> None:
    """A group of nothing but interruptions is an interruption, also when nested."""
    inner = BaseExceptionGroup("inner", [asyncio.CancelledError(), SystemExit()])
    group = BaseExceptionGroup("outer", [KeyboardInterrupt(), inner])
    handle = await shape.open([role(), hello()][:before] + [group])

    with pytest.raises(BaseExceptionGroup) as caught:
        await handle.drain()

    assert group is caught.value
    assert (expected, 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@streams
async def test_e_group_with_an_exception_is_error(ld: Any, shape: Shape) -> None:
    """A group in which an Exception hides is an error even after output."""
    group = BaseExceptionGroup("mixed", [KeyboardInterrupt(), ValueError("boom")])
    handle = await shape.open([hello(), group])

    with pytest.raises(BaseExceptionGroup):
        await handle.drain()

    assert "error" == only_run(ld).outcome


@async_streams
@pytest.mark.parametrize("policy", ["success", "error", "ignore"])
@pytest.mark.parametrize("before", [1, 2])
async def test_e1_policy_overrides_cancellation(ld: Any, shape: Shape, policy: Any, before: int) -> None:
    """`interrupted=` decides both interrupted rows; `ignore` means no outcome."""
    handle = await shape.open([role(), hello()][:before] + [WAIT], interrupted=policy)
    await handle.take(before)
    await cancelled(handle.step)

    expected = None if policy == "ignore" else policy
    assert (expected, bool(expected)) == (only_run(ld).outcome, outcome_count(only_run(ld)))
    assert only_run(ld).duration_ms is not None


@streams
@pytest.mark.parametrize("policy", ["success", "error", "ignore"])
async def test_e1_policy_overrides_leaving_early(ld: Any, shape: Shape, policy: Any) -> None:
    """Closing after output counts as an interruption, too."""
    handle = await shape.open(whole(), interrupted=policy)
    await handle.take(2)
    await handle.close()

    assert (None if policy == "ignore" else policy) == only_run(ld).outcome


@pytest.mark.parametrize("policy", ["success", "error", "ignore"])
@pytest.mark.parametrize("call", ASYNC_CALLS, ids=lambda call: call.__name__)
async def test_e1_policy_overrides_cancelled_calls(ld: Any, call: Call, policy: Any) -> None:
    """Also for calls without a stream."""
    await cancelled(lambda: call(WAIT, interrupted=policy))

    assert (None if policy == "ignore" else policy) == only_run(ld).outcome


@streams
async def test_e1_policy_does_not_touch_errors_and_ends(ld: Any, shape: Shape) -> None:
    """A policy for interruptions leaves drained and failed streams alone."""
    drained = await shape.open(whole(), interrupted="error")
    await drained.drain()
    failed = await shape.open([hello(), ValueError()], interrupted="success")
    with pytest.raises(ValueError):
        await failed.drain()

    assert ["success", "error"] == [run.outcome for run in ld.runs()]


async def test_e1_policy_from_configure(ld: Any) -> None:
    """`configure(interrupted=...)` is the default, the decorator's own word wins."""
    configure(client=ld.client, context=USER, interrupted="error")
    for options in ({}, {"interrupted": "success"}, {"interrupted": "auto"}):
        handle = await STREAMS[0].open(whole(), **options)
        await handle.take(2)
        await handle.close()

    assert ["error", "success", "success"] == [run.outcome for run in ld.runs()]


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
    handle = await shape.open(whole())
    await handle.take(2)
    await anyio.sleep(0.15)
    await leave(handle)

    assert only_run(ld).duration_ms < 120


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


@pytest.mark.parametrize("shape", GENERATOR_FUNCTIONS, ids=str)
async def test_e_swallowed_throw_lets_the_stream_go_on(ld: Any, shape: Shape) -> None:
    """A body that handles what is thrown in goes on, and ends once, by its own end."""

    @tracked(KEY)
    def sync_stream() -> Iterator[Chunk]:
        with contextlib.suppress(ValueError):
            yield hello()
        yield last()

    @tracked(KEY)
    async def async_stream() -> AsyncIterator[Chunk]:
        with contextlib.suppress(ValueError):
            yield hello()
        yield last()

    handle = Handle(async_stream() if shape.asynchronous else sync_stream())
    await handle.step()
    assert (await handle.throw(ValueError())).last
    assert [] == ld.runs()
    assert [] == await handle.drain()

    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))
