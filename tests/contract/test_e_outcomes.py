"""Table E for calls that end by themselves: returned, raised, drained."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from support import (
    ASYNC_CALLS,
    CALLS,
    GENERATOR_FUNCTIONS,
    KEY,
    STREAMS,
    USER,
    WAIT,
    Call,
    Chunk,
    ChunkReader,
    Reply,
    Shape,
    hello,
    last,
    only_run,
    outcome_count,
    present,
    role,
    whole,
)

from ldtrack import configure, tracked
from ldtrack._metrics import Reading

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]

calls = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async_calls = pytest.mark.parametrize("call", ASYNC_CALLS, ids=lambda call: call.__name__)
streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


def tokens(run: Any) -> tuple[Any, Any, Any]:
    """A run's three token numbers."""
    return run.input_tokens, run.output_tokens, run.total_tokens


@calls
async def test_e_returned_is_success(ld: Any, call: Call) -> None:
    """A call that returns is a success with duration, tokens and tool calls, and returns the very same object."""
    reply = Reply(tools=("search",))

    assert reply is await call(reply)

    run = only_run(ld)
    assert ("success", 1, ["search"]) == (run.outcome, outcome_count(run), list(run.tool_calls))
    assert (3, 5, 8) == tokens(run)
    assert run.duration_ms is not None
    assert run.time_to_first_token_ms is None


@calls
async def test_e_returned_without_extractor_is_success(ld: Any, call: Call) -> None:
    """Without an extractor, duration and success remain."""
    assert await call("text") == "text"

    run = only_run(ld)
    assert ("success", None) == (run.outcome, run.total_tokens)
    assert run.duration_ms is not None


@calls
async def test_e_returned_but_failed_is_error(ld: Any, call: Call) -> None:
    """A response that says failed is an error, its tokens and tool calls count."""
    await call(Reply(state="failed", tools=("search",)))

    run = only_run(ld)
    assert ("error", (3, 5, 8), ["search"]) == (run.outcome, tokens(run), list(run.tool_calls))


@calls
async def test_e_exception_is_error(ld: Any, call: Call) -> None:
    """An Exception is an error with a duration, and arrives as the same object."""
    boom = ValueError("boom")

    with pytest.raises(ValueError) as caught:
        await call(boom)

    run = only_run(ld)
    assert boom is caught.value
    assert ("error", 1, None) == (run.outcome, outcome_count(run), run.total_tokens)
    assert run.duration_ms is not None


@calls
async def test_e_still_queued_is_no_outcome(ld: Any, call: Call) -> None:
    """A response still in progress is neither success nor error; the duration is recorded."""
    await call(Reply(state="queued"))

    run = only_run(ld)
    assert (None, 0) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


@pytest.mark.parametrize("status", ["queued", "in_progress", "cancelled"])
async def test_e_openai_background_response_is_no_outcome(ld: Any, status: str) -> None:
    """OpenAI's background responses do not burn the once-only slot."""
    from openai.types.responses import Response

    response = Response.model_construct(id="r", object="response", status=status, output=[], usage=None)

    @tracked(KEY)
    def answer() -> Any:
        return response

    assert response is answer()
    assert None is only_run(ld).outcome


@calls
@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
async def test_e_interrupted_call_is_error(ld: Any, call: Call, interrupt: type[BaseException]) -> None:
    """A call interrupted before any output is an error with a duration."""
    with pytest.raises(interrupt):
        await call(interrupt())

    run = only_run(ld)
    assert ("error", 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


@pytest.mark.parametrize("style", ["future", "task"])
@pytest.mark.parametrize(("item", "expected"), [(Reply(), "success"), (ValueError("boom"), "error")])
def test_f7_future_comes_back_itself(ld: Any, style: str, item: Any, expected: str) -> None:
    """A future or task that a function returns comes back itself, and its end is the run's."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        made: list[Any] = []

        async def work() -> Any:
            await asyncio.sleep(0.01)
            return present(item)

        def settle(future: asyncio.Future[Any]) -> None:
            future.set_exception(item) if isinstance(item, Exception) else future.set_result(item)

        @tracked(KEY)
        def answer() -> Any:
            made.append(loop.create_task(work()) if style == "task" else loop.create_future())
            if style == "future":
                loop.call_later(0.01, settle, made[0])
            return made[0]

        future = answer()
        assert made[0] is future
        assert [] == [run.outcome for run in ld.runs() if run.outcome]
        await asyncio.wait([future])
        await asyncio.sleep(0)
        future.exception()

    asyncio.run(main())
    run = only_run(ld)
    assert (expected, 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms >= 8


def test_f7_cancelled_task_is_error(ld: Any) -> None:
    """A returned task that is cancelled was interrupted before any output."""

    async def main() -> None:
        @tracked(KEY)
        def answer() -> asyncio.Task[None]:
            return asyncio.get_running_loop().create_task(asyncio.sleep(60))

        task = answer()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(main())
    assert "error" == only_run(ld).outcome


async def test_f7_coroutine_comes_back_as_coroutine(ld: Any) -> None:
    """A function that returns a coroutine still does."""
    import inspect

    async def work() -> Reply:
        return Reply()

    @tracked(KEY)
    def answer() -> Any:
        return work()

    coroutine = answer()
    assert inspect.iscoroutine(coroutine)
    assert Reply() == await coroutine
    assert (3, 5, 8) == tokens(only_run(ld))


async def test_f7_awaitable_object_keeps_its_attributes(ld: Any) -> None:
    """An awaitable object is still one of its class, with its attributes."""
    from support import Later

    @tracked(KEY)
    def answer() -> Any:
        return Later(Reply())

    later = answer()
    assert isinstance(later, Later)
    assert "later" == later.label
    assert Reply() == await later


@async_calls
async def test_e_coroutine_closed_before_it_finished_is_no_outcome(ld: Any, call: Call) -> None:
    """Closing a coroutine that waits leaves no outcome, but a duration."""
    coroutine: Any = call(WAIT)
    coroutine.send(None)
    coroutine.close()

    run = only_run(ld)
    assert (None, 0) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


async def test_e_coroutine_never_awaited_records_nothing(ld: Any) -> None:
    """A coroutine closed before its first step leaves nothing."""

    @tracked(KEY)
    async def answer() -> Reply:
        return Reply()

    answer().close()  # type: ignore[attr-defined]  # a coroutine
    assert [] == ld.runs()


@streams
async def test_e_drained_stream_is_success(ld: Any, shape: Shape) -> None:
    """A drained stream yields the same objects, and is a success with TTFT and tokens."""
    items = whole()
    handle = await shape.open(items)

    assert items == await handle.drain()

    run = only_run(ld)
    assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))
    assert 0 <= run.time_to_first_token_ms <= run.duration_ms


@streams
async def test_e_drained_but_failed_is_error(ld: Any, shape: Shape) -> None:
    """A stream whose chunks say failed is an error though it was drained."""
    handle = await shape.open([role(), hello(), Chunk(failed=True, last=True)])
    await handle.drain()

    run = only_run(ld)
    assert ("error", (3, 1, 4)) == (run.outcome, tokens(run))
    assert run.time_to_first_token_ms is not None


@streams
async def test_e_error_mid_stream(ld: Any, shape: Shape) -> None:
    """An Exception mid-stream is an error with TTFT and the tokens seen so far."""
    boom = ValueError("boom")
    handle = await shape.open([role(), hello(), boom])

    with pytest.raises(ValueError) as caught:
        await handle.drain()

    run = only_run(ld)
    assert boom is caught.value
    assert ("error", 1, (3, 1, 4)) == (run.outcome, outcome_count(run), tokens(run))
    assert run.time_to_first_token_ms is not None
    assert run.duration_ms is not None


@streams
async def test_e_error_before_output(ld: Any, shape: Shape) -> None:
    """An Exception before any output is an error without TTFT."""
    handle = await shape.open([role(), ValueError("boom")])

    with pytest.raises(ValueError):
        await handle.drain()

    run = only_run(ld)
    assert ("error", None) == (run.outcome, run.time_to_first_token_ms)
    assert run.duration_ms is not None


@streams
async def test_e_terminal_marker_missing_is_error(ld: Any, shape: Shape) -> None:
    """A drained stream whose terminal marker never came broke off: error, TTFT, tokens so far."""
    handle = await shape.open([role(), hello()])
    await handle.drain()

    run = only_run(ld)
    assert ("error", (3, 1, 4)) == (run.outcome, tokens(run))
    assert run.time_to_first_token_ms is not None


@streams
async def test_e_drained_without_output_is_success(ld: Any, shape: Shape) -> None:
    """A complete stream without output is a success without TTFT."""
    handle = await shape.open([role(), last()])
    await handle.drain()

    run = only_run(ld)
    assert ("success", None) == (run.outcome, run.time_to_first_token_ms)


@streams
async def test_e_stepping_after_the_end_changes_nothing(ld: Any, shape: Shape) -> None:
    """Draining and closing an ended stream again gives no second outcome."""
    handle = await shape.open(whole())
    await handle.drain()

    assert [] == await handle.drain()
    await handle.close()

    assert 1 == outcome_count(only_run(ld))


@pytest.mark.parametrize("shape", GENERATOR_FUNCTIONS, ids=str)
@pytest.mark.parametrize("ending", ["drop", "close"])
async def test_e_stream_never_started_records_nothing(ld: Any, shape: Shape, ending: str) -> None:
    """A generator that nobody steps evaluates no config and sends nothing."""
    ld.clear()
    handle = await shape.open(whole())
    await (handle.drop() if ending == "drop" else handle.close())

    assert [] == ld.runs()
    assert 0 == len(ld.events)


@streams
async def test_e_returned_stream_never_stepped_and_dropped_records_nothing(ld: Any, shape: Shape) -> None:
    """A stream that nobody steps, in whichever shape it came, leaves no run."""
    handle = await shape.open(whole())
    await handle.drop()

    assert [] == ld.runs()


@streams
async def test_e5_tool_calls_of_a_stream(ld: Any, shape: Shape) -> None:
    """Tool names folded from chunks are sent at the end; a tool call counts as first output."""
    handle = await shape.open([role(), Chunk(tool="search"), Chunk(tool="book"), last()])
    await handle.drain()

    run = only_run(ld)
    assert ["search", "book"] == list(run.tool_calls)
    assert run.time_to_first_token_ms is not None


@calls
async def test_e6_ignored_exception_has_no_outcome(ld: Any, call: Call) -> None:
    """An expected exception is neither, but its duration counts; it still reaches the caller."""
    with pytest.raises(KeyError):
        await call(KeyError("x"), ignore=(LookupError,))

    run = only_run(ld)
    assert (None, 0) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


@streams
async def test_e6_ignored_exception_of_a_stream(ld: Any, shape: Shape) -> None:
    """Also when it ends a stream; what was read is kept."""
    handle = await shape.open([hello(), KeyError("x")], ignore=(LookupError,))
    with pytest.raises(KeyError):
        await handle.drain()

    run = only_run(ld)
    assert (None, (3, 1, 4)) == (run.outcome, tokens(run))


@calls
async def test_e6_ignore_can_be_configured_for_all(ld: Any, call: Call) -> None:
    """`configure(ignore=...)` holds for every function that says nothing else."""
    configure(client=ld.client, context=USER, ignore=(LookupError,))

    with pytest.raises(KeyError):
        await call(KeyError("x"))
    with pytest.raises(KeyError):
        await call(KeyError("x"), ignore=())

    assert {None, "error"} == {run.outcome for run in ld.runs()}


async def test_e_extractor_neither_is_kept_for_streams(ld: Any) -> None:
    """A stream reading that says neither leaves the slot free (C9)."""

    class Paused(ChunkReader):
        def result(self) -> Any:
            return Reading(success=False, outcome=None)

    @tracked(KEY, extractor=Paused)
    def answer() -> Iterator[Any]:
        yield from whole()

    list(answer())
    assert (None, 0) == (only_run(ld).outcome, outcome_count(only_run(ld)))
