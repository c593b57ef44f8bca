"""Table E for cancellation, time-outs and interruptions, and E2."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from contract.helpers import cancelled, tokens
from ldtrack import tracked
from support import (
    ASYNC_CALLS,
    ASYNC_STREAMS,
    GENERATOR_FUNCTIONS,
    GENERATORS,
    KEY,
    STREAMS,
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

if sys.version_info < (3, 11):
    from exceptiongroup import BaseExceptionGroup

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]


streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


async_streams = pytest.mark.parametrize("shape", ASYNC_STREAMS, ids=str)


generators = pytest.mark.parametrize("shape", GENERATORS, ids=str)


interrupts = pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])


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
        with anyio.fail_after(0.1):
            await handle.drain()

    run = only_run(ld)
    assert (expected, 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms >= 20
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
    handle = await shape.open([*[role(), hello()][:before], interrupt()])

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
async def test_e_generator_exit_thrown_in_is_a_close(ld: Any, shape: Shape, before: int, expected: str | None) -> None:
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
    handle = await shape.open([*[role(), hello()][:before], group])

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
