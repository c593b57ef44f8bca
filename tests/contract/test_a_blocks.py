"""A2: blocks whose streams are handed on, blocks used at the wrong moment, and what a block leaves behind."""

from __future__ import annotations

import gc
import os
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ldai import LDAIClient

from contract.helpers import Watch, tokens, warnings_of
from ldtrack import LdtrackError, MissingContextError, configure, current_run, track_stream, tracked
from ldtrack._reader import end_open_streams
from support import KEY, USER, Chunk, Reply, Stream, hello, last, only_run, outcome_count, play, role, whole


@pytest.fixture
def tracker(ld: Any) -> Any:
    """A tracker that the user already has."""
    made = LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()
    ld.clear()
    return made


BY_HAND: dict[str, Callable[[Any], Any]] = {
    "observe": lambda s: s.observe(hello()),
    "first_token": lambda s: s.first_token(),
    "tokens": lambda s: s.tokens(total=3),
    "tool_call": lambda s: s.tool_call("search"),
    "fail": lambda s: s.fail(),
    "wrap": lambda s: s.wrap(Stream(whole())),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a2_nothing_is_told_outside_of_the_block(ld: Any, tracker: Any, name: str) -> None:
    """Before it, the clock does not run; after it, nobody would listen: both are an error that says so."""
    block = track_stream(tracker)
    with pytest.raises(LdtrackError, match="block is not open"):
        BY_HAND[name](block)
    with block:
        pass
    with pytest.raises(LdtrackError, match="block is not open"):
        BY_HAND[name](block)
    assert ("success", None, []) == (only_run(ld).outcome, only_run(ld).total_tokens, only_run(ld).tool_calls)


def test_a2_the_clock_starts_at_enter(ld: Any, tracker: Any) -> None:
    """Neither when the block was made, nor at the first stream."""
    block = track_stream(tracker)
    time.sleep(0.06)
    watch = Watch()
    with block as s:
        time.sleep(0.02)
        list(s.wrap(Stream(whole())))
    assert 20 <= only_run(ld).duration_ms <= watch.ms
    assert 20 <= only_run(ld).time_to_first_token_ms <= watch.ms


@pytest.mark.parametrize("make", [play, Stream, iter], ids=lambda make: make.__name__)
def test_a2_a_stream_wrapped_twice_counts_once(ld: Any, tracker: Any, make: Any) -> None:
    """What `wrap` gave comes back itself."""
    with track_stream(tracker) as s:
        once = s.wrap(make(whole()))
        assert once is s.wrap(once)
        list(once)
    assert (3, 5, 8) == tokens(only_run(ld))


@pytest.mark.parametrize("drained_inside", [0, 1, 2])
def test_a2_several_streams_handed_on_end_the_run_together(ld: Any, tracker: Any, drained_inside: int) -> None:
    """The run ends with the last of them, wherever each is read."""
    with track_stream(tracker) as s:
        streams = [s.wrap(make(whole())) for make in (play, Stream)]
        for stream in streams[:drained_inside]:
            list(stream)
    for stream in streams[drained_inside:]:
        assert [] == ld.runs()
        list(stream)
    run = only_run(ld)
    assert ("success", 1, (6, 10, 16)) == (run.outcome, outcome_count(run), tokens(run))


@pytest.mark.parametrize("make", [play, Stream, iter], ids=lambda make: make.__name__)
def test_a2_a_stream_handed_on_and_forgotten_is_not_waited_for(ld: Any, tracker: Any, make: Any) -> None:
    """It never started; the other one ends the run."""
    with track_stream(tracker) as s:
        streams = [s.wrap(make(whole())), s.wrap(make(whole()))]
    list(streams.pop())
    assert [] == ld.runs()
    streams.clear()
    assert ("success", (3, 5, 8)) == (only_run(ld).outcome, tokens(only_run(ld)))


def test_a2_streams_that_never_started_record_nothing(ld: Any, tracker: Any) -> None:
    """Handed on, and dropped: no run."""
    with track_stream(tracker) as s:
        stream = s.wrap(play(whole()))
    del stream
    assert [] == ld.runs()


def test_a2_what_was_told_of_a_stream_that_never_started_is_recorded(ld: Any, tracker: Any) -> None:
    """The block was told of tokens, and they are not lost with the stream."""
    with track_stream(tracker) as s:
        stream = s.wrap(play(whole()))
        s.tokens(input=1, output=2)
    assert [] == ld.runs()
    del stream
    assert ("success", (1, 2, 3)) == (only_run(ld).outcome, tokens(only_run(ld)))


def test_d3_a_stream_forgotten_inside_the_sdk_ends_the_run_later(ld: Any, tracker: Any) -> None:
    """The collector may run while the SDK holds the lock that the events need."""
    with track_stream(tracker) as s:
        streams = [s.wrap(play(whole())), s.wrap(play(whole()))]
    list(streams.pop())
    exec("streams.clear()", {"__name__": "ldclient.inside", "streams": streams})
    assert [] == ld.runs()
    tracked("other")(lambda: Reply())()
    assert [KEY, "other"] == sorted(run.config_key for run in ld.runs())


@pytest.mark.parametrize("begun", [0, 1, 2])
def test_a2_streams_handed_on_end_at_interpreter_exit(ld: Any, tracker: Any, begun: int) -> None:
    """What was read and told until then is recorded, however many of them were begun."""
    with track_stream(tracker) as s:
        streams = [s.wrap(Stream([hello(), last()])), s.wrap(play([hello(), last()]))]
        s.tokens(total=1)
    for stream in streams[:begun]:
        next(stream)

    end_open_streams()
    assert ("success", 1 + 4 * begun) == (only_run(ld).outcome, only_run(ld).total_tokens)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # the SDK has threads
def test_g3_streams_handed_on_before_a_fork_are_the_parents(ld: Any, tracker: Any) -> None:
    """The child has them, too, and its exit records nothing of them."""
    with track_stream(tracker) as s:
        stream = s.wrap(play(whole()))
        s.tokens(total=1)

    child = os.fork()
    if not child:
        end_open_streams()
        del stream
        os._exit(len(ld.runs()))
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    list(stream)
    assert ("success", 9) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_a2_the_first_token_is_the_first_one_told(ld: Any, tracker: Any) -> None:
    """Telling of it again changes nothing."""
    watch = Watch()
    with track_stream(tracker) as s:
        s.first_token()
        first_ms = watch.ms
        time.sleep(0.02)
        s.first_token()
    assert only_run(ld).time_to_first_token_ms <= first_ms


def test_a2_the_stream_that_ends_last_decides(ld: Any, tracker: Any) -> None:
    """An attempt that failed is forgotten when the next one succeeds."""
    with track_stream(tracker) as s:
        with pytest.raises(ValueError):
            list(s.wrap(play([role(), ValueError()])))
        list(s.wrap(play(whole())))
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_a2_a_block_keeps_no_exception_alive(ld: Any, tracker: Any) -> None:
    """The frames of a stream's error may hold the block, and a whole request with it."""

    class Boom(Exception):
        pass

    def failing() -> Iterator[Chunk]:
        yield hello()
        raise Boom

    def read_all(s: Any) -> weakref.ref[Any]:
        try:
            list(s.wrap(failing()))
        except Boom as exc:
            return weakref.ref(exc)
        raise AssertionError

    gc.disable()
    try:
        with track_stream(tracker) as s:
            seen = read_all(s)
        assert seen() is None
    finally:
        gc.enable()
    assert "error" == only_run(ld).outcome


def test_a2_a_block_used_again_says_so_once(ld: Any, tracker: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A tracker takes one outcome: the second one's is lost, and one warning says what to do."""
    block = track_stream(tracker)
    for _ in range(3):
        with block as s:
            list(s.wrap(Stream(whole())))
    with track_stream(tracker) as s:
        list(s.wrap(Stream(whole())))

    (warning,) = warnings_of(caplog)
    assert "already has an outcome: call create_tracker()" in warning
    assert 1 == outcome_count(only_run(ld))


def test_a2_a_joining_block_used_again_says_so(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It counts once, too, though its tracker is the tracked call's. Two blocks are no slip."""

    @tracked(KEY)
    def answer(times: int) -> None:
        for _ in range(2):
            block = track_stream()
            for _ in range(times):
                with block as s:
                    list(s.wrap(Stream(whole())))

    answer(1)
    assert [] == warnings_of(caplog)
    answer(2)
    assert 1 == len(warnings_of(caplog))
    assert [(6, 10, 16)] * 2 == [tokens(run) for run in ld.runs()]


def test_d3_a_tracker_of_the_users_own_making_that_cannot_be_read(ld: Any, tracker: Any) -> None:
    """A summary that fails is no reason to fail."""

    class Odd:
        track_duration = None

        def get_summary(self) -> Any:
            raise RuntimeError

    with track_stream(Odd()) as s:  # type: ignore[arg-type]
        assert 4 == len(list(s.wrap(Stream(whole()))))


def test_a2_a_stream_without_weak_references(ld: Any, tracker: Any) -> None:
    """It is followed all the same."""

    class Slotted:
        __slots__ = ("__dict__", "items")

        def __init__(self) -> None:
            self.items = play(whole())

        def __iter__(self) -> Iterator[Any]:
            return self

        def __next__(self) -> Any:
            return next(self.items)

    with track_stream(tracker) as s:
        list(s.wrap(Slotted()))
        list(s.wrap(Slotted()))
    assert (6, 10, 16) == tokens(only_run(ld))


def test_j1_calls_inside_a_block_belong_to_the_call_around(ld: Any) -> None:
    """A wrapped generator's body runs in the block's run, which is one more around it: context and joining go on."""
    configure(context=None)

    @tracked(KEY)
    def inner() -> Reply:
        return Reply()

    @tracked("other")
    def another() -> Reply:
        return Reply()

    def body() -> Iterator[Chunk]:
        inner(), another()
        yield from [hello(), last()]

    @tracked(KEY, context=USER)
    def outer() -> None:
        with track_stream(LDAIClient(ld.client).completion_config("agent", USER).create_tracker()) as s:
            list(s.wrap(body()))
        assert current_run().is_open

    outer()
    assert ["agent", KEY, "other"] == sorted(run.config_key for run in ld.runs())
    with pytest.raises(MissingContextError):
        inner()
