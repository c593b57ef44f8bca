"""Table E for calls that end by themselves: returned, raised, drained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contract.helpers import tokens
from ldtrack import configure, tracked
from ldtrack._metrics import Reading
from support import (
    CALLS,
    GENERATOR_FUNCTIONS,
    KEY,
    STREAMS,
    USER,
    Call,
    Chunk,
    ChunkReader,
    Reply,
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


calls = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)


streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


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
