"""A2: `track_stream`, one object for `with` and `async with`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from ldai import LDAIClient

from contract.helpers import tokens
from ldtrack import LdtrackError, track_stream, tracked
from support import (
    KEY,
    USER,
    WAIT,
    AsyncStream,
    Chunk,
    Reply,
    Stream,
    aplay,
    hello,
    only_run,
    outcome_count,
    play,
    role,
    whole,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]

SYNC: Any = pytest.mark.parametrize("make", [play, Stream, iter])
ASYNC: Any = pytest.mark.parametrize("make", [aplay, AsyncStream])


@pytest.fixture
def tracker(ld: Any) -> Any:
    """A tracker that the user already has."""
    made = LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()
    ld.clear()
    return made


@SYNC
def test_a2_sync_stream(ld: Any, tracker: Any, make: Any) -> None:
    """A drained stream inside the block is a success with TTFT and tokens, on the given tracker."""
    items = whole()
    with track_stream(tracker) as s:
        assert items == list(s.wrap(make(items)))

    run = only_run(ld)
    assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))
    assert run.time_to_first_token_ms is not None
    assert run.duration_ms is not None
    assert tracker.get_summary().success


@ASYNC
async def test_a2_async_stream(ld: Any, tracker: Any, make: Any) -> None:
    """The same object with `async with` and an async stream."""
    items = whole()
    async with track_stream(tracker) as s:
        assert items == [chunk async for chunk in s.wrap(make(items))]

    run = only_run(ld)
    assert ("success", (3, 5, 8)) == (run.outcome, tokens(run))


async def test_a2_sync_with_around_an_async_stream(ld: Any, tracker: Any) -> None:
    """A plain `with` serves async streams, too."""
    with track_stream(tracker) as s:
        async for _ in s.wrap(AsyncStream(whole())):
            pass
    assert "success" == only_run(ld).outcome


@SYNC
def test_a2_break_after_output(ld: Any, tracker: Any, make: Any) -> None:
    """Leaving the loop after output is a success with what was seen."""
    with track_stream(tracker) as s:
        for chunk in s.wrap(make(whole())):
            if chunk.text:
                break
    run = only_run(ld)
    assert ("success", 1, (3, 1, 4)) == (run.outcome, outcome_count(run), tokens(run))


@SYNC
def test_a2_break_before_output(ld: Any, tracker: Any, make: Any) -> None:
    """Leaving before any output is no outcome."""
    with track_stream(tracker) as s:
        for _ in s.wrap(make(whole())):
            break
    run = only_run(ld)
    assert (None, 0) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


@SYNC
def test_a2_error_of_the_stream(ld: Any, tracker: Any, make: Any) -> None:
    """An error mid-stream passes through as the same object, and is an error."""
    boom = ValueError("boom")
    source = make([hello(), boom]) if make is not iter else play([hello(), boom])
    with pytest.raises(ValueError) as caught, track_stream(tracker) as s:
        list(s.wrap(source))
    assert boom is caught.value
    assert (None, None) == (boom.__context__, boom.__cause__)
    assert ("error", (3, 1, 4)) == (only_run(ld).outcome, tokens(only_run(ld)))


def test_a2_exception_of_the_block_while_unfinished(ld: Any, tracker: Any) -> None:
    """What the block raises is not the stream's: leaving it after output began closes the stream, and is a success."""
    with pytest.raises(LookupError), track_stream(tracker) as s:
        stream = s.wrap(Stream(whole()))
        next(stream), next(stream)
        raise LookupError
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(("steps", "expected"), [(2, "success"), (1, "error")])
def test_a2_interrupt_of_the_block(
    ld: Any, tracker: Any, interrupt: type[BaseException], steps: int, expected: str
) -> None:
    """An interruption that leaves the block follows the table."""
    with pytest.raises(interrupt), track_stream(tracker) as s:
        stream = s.wrap(Stream(whole()))
        for _ in range(steps):
            next(stream)
        raise interrupt
    assert expected == only_run(ld).outcome


@pytest.mark.parametrize(("items", "expected"), [([role(), hello(), WAIT], "success"), ([role(), WAIT], "error")])
async def test_a2_cancelled(ld: Any, tracker: Any, items: list[Any], expected: str) -> None:
    """A cancellation inside the block follows the table."""
    with anyio.move_on_after(0.02):
        async with track_stream(tracker) as s:
            async for _ in s.wrap(AsyncStream(items)):
                pass
    assert (expected, 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_a2_after_the_stream_the_block_changes_nothing(ld: Any, tracker: Any) -> None:
    """The run ends with its stream; what the block does or raises afterwards changes nothing."""
    with pytest.raises(LookupError), track_stream(tracker) as s:
        list(s.wrap(Stream(whole())))
        raise LookupError
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_a2_last_of_several_streams_ends_the_run(ld: Any, tracker: Any) -> None:
    """Several streams in one block are one run: tokens add up, TTFT is the first."""
    with track_stream(tracker) as s:
        list(s.wrap(Stream(whole())))
        list(s.wrap(Stream(whole())))
    run = only_run(ld)
    assert ("success", 1, (6, 10, 16)) == (run.outcome, outcome_count(run), tokens(run))


def test_a2_by_hand(ld: Any, tracker: Any) -> None:
    """Everything can be told by hand."""
    with track_stream(tracker) as s:
        s.first_token()
        s.tokens(input=2, output=3)
        s.tool_call("search")
    run = only_run(ld)
    assert ("success", (2, 3, 5), ["search"]) == (run.outcome, tokens(run), list(run.tool_calls))
    assert run.time_to_first_token_ms is not None


def test_a2_observe_by_hand(ld: Any, tracker: Any) -> None:
    """Chunks shown by hand are folded as a wrapped stream's are."""
    with track_stream(tracker) as s:
        for chunk in whole():
            s.observe(chunk)
    run = only_run(ld)
    assert ("success", (3, 5, 8)) == (run.outcome, tokens(run))
    assert run.time_to_first_token_ms is not None


def test_a2_fail_after_the_end_adds_no_second_outcome(ld: Any, tracker: Any) -> None:
    """`fail()` after the last stream ended leaves one outcome."""
    with track_stream(tracker) as s:
        list(s.wrap(Stream(whole())))
        s.fail()
    assert 1 == outcome_count(only_run(ld))


def test_a2_fail_before_the_end(ld: Any, tracker: Any) -> None:
    """`fail()` while streaming is an error."""
    with track_stream(tracker) as s:
        for _ in s.wrap(Stream(whole())):
            s.fail()
    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_a2_nothing_wrapped_the_block_is_the_call(ld: Any, tracker: Any) -> None:
    """Without a stream, the block itself succeeds or fails."""
    with track_stream(tracker):
        pass
    assert "success" == only_run(ld).outcome


def test_a2_nothing_wrapped_and_an_exception(ld: Any, tracker: Any) -> None:
    """Without a stream, an Exception is an error."""
    with pytest.raises(LookupError), track_stream(tracker):
        raise LookupError
    assert "error" == only_run(ld).outcome


@pytest.mark.parametrize("wrong", [7, "text", None, [hello()], Reply()], ids=lambda wrong: type(wrong).__name__)
def test_a2_wrap_refuses_what_is_no_stream(ld: Any, tracker: Any, wrong: Any) -> None:
    """Only a stream can be wrapped; an iterable is served or refused, never silently lost."""
    with track_stream(tracker) as s:
        if isinstance(wrong, list):
            try:
                assert wrong == list(s.wrap(wrong))
            except TypeError:
                pass
        else:
            with pytest.raises(TypeError, match="stream"):
                s.wrap(wrong)


def test_a2_wrap_outside_the_block(ld: Any, tracker: Any) -> None:
    """The clock starts at enter, so wrapping before it is an error that says so."""
    with pytest.raises((RuntimeError, LdtrackError)):
        track_stream(tracker).wrap(Stream(whole()))


def test_a2_without_a_tracker_or_a_run() -> None:
    """With neither, the error says both cures."""
    with pytest.raises((LookupError, LdtrackError), match="tracker"), track_stream():
        pass


@pytest.mark.parametrize("wrong", [7, "token", object()], ids=lambda wrong: type(wrong).__name__)
def test_a2_wrong_tracker(wrong: Any) -> None:
    """What is no tracker is refused at once."""
    with pytest.raises(TypeError, match="tracker"), track_stream(wrong):
        pass


def test_a2_wrong_extractor(tracker: Any) -> None:
    """An extractor that is not callable is refused at once."""
    with pytest.raises(TypeError, match="extractor"):
        track_stream(tracker, extractor=7)


async def test_a2_joins_the_enclosing_run(ld: Any) -> None:
    """Without a tracker it joins the decorated function's run."""

    @tracked(KEY)
    def answer() -> str:
        with track_stream() as s:
            return "".join(chunk.text for chunk in s.wrap(Stream(whole())))

    @tracked(KEY)
    async def aanswer() -> str:
        async with track_stream() as s:
            return "".join([chunk.text async for chunk in s.wrap(AsyncStream(whole()))])

    assert "hi there" == answer() == await aanswer()
    for run in ld.runs():
        assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))
        assert run.time_to_first_token_ms is not None
    assert 2 == len(ld.runs())


def test_a2_inside_a_tracked_generator(ld: Any) -> None:
    """A block inside a generator that hands chunks on counts their tokens once."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        with track_stream() as s:
            yield from s.wrap(Stream(whole()))

    assert 4 == len(list(answer()))
    run = only_run(ld)
    assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))


async def test_a2_inside_a_tracked_async_generator_that_is_left(ld: Any) -> None:
    """Leaving the outer async generator ends both, once, as a success."""

    @tracked(KEY)
    async def answer() -> AsyncIterator[Chunk]:
        async with track_stream() as s:
            async for chunk in s.wrap(AsyncStream(whole())):
                yield chunk

    stream: Any = answer()
    await stream.__anext__(), await stream.__anext__()
    await stream.aclose()
    assert ("success", 1, (3, 1, 4)) == (only_run(ld).outcome, outcome_count(only_run(ld)), tokens(only_run(ld)))


def test_a2_own_extractor(ld: Any, tracker: Any) -> None:
    """`extractor=` is used for chunk types that nobody registered."""

    class Length:
        def __init__(self) -> None:
            self.seen = 0

        def feed(self, chunk: str) -> bool:
            self.seen += len(chunk)
            return bool(chunk)

        def result(self) -> Any:
            from ldai.providers.types import LDAIMetrics
            from ldai.tracker import TokenUsage

            return LDAIMetrics(success=True, tokens=TokenUsage(total=self.seen, input=0, output=self.seen))

    with track_stream(tracker, extractor=Length) as s:
        assert ["ab", "c"] == list(s.wrap(iter(["ab", "c"])))
    assert 3 == only_run(ld).total_tokens


def test_a2_entered_twice(ld: Any, tracker: Any) -> None:
    """A block that was used cannot silently count a second run on the same tracker."""
    block = track_stream(tracker)
    with block as s:
        list(s.wrap(Stream(whole())))
    try:
        with block as s:
            list(s.wrap(Stream(whole())))
    except RuntimeError:
        pass
    assert 1 == outcome_count(only_run(ld))
