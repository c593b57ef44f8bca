"""D7 and F4 under load: many calls at once, many threads at one stream."""

from __future__ import annotations

import contextlib
import gc
import random
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest

from ldtrack import configure, current_run, tracked
from support import KEY, Chunk, Reply, Stream, hello, last, only_run, outcome_count, whole

THREADS = 8


def at_once(job: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Run a job in several threads that start together; gives results or exceptions."""
    barrier = threading.Barrier(threads)

    def start(number: int) -> Any:
        barrier.wait(10)
        try:
            return job(number)
        except BaseException as exc:
            return exc

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(start, range(threads)))


def unless_executing(step: Callable[[], Any]) -> None:
    """Step or close a generator that another thread may be running."""
    try:
        step()
    except ValueError as exc:
        if "generator already executing" not in str(exc):
            raise


@pytest.mark.anyio
async def test_200_concurrent_calls(ld: Any) -> None:
    """200 calls at once are 200 runs, each with its own tokens, and each sees itself."""
    pauses = random.Random(7)

    @tracked(KEY)
    async def answer(number: int) -> Reply:
        mine = current_run()
        for _ in range(3):
            await anyio.sleep(pauses.random() / 100)
            assert mine is current_run()
        current_run().tool_call(f"tool-{number}")
        return Reply(input=number + 1, output=1000)

    async with anyio.create_task_group() as group:
        for number in range(200):
            group.start_soon(answer, number)

    runs = ld.runs()
    assert 200 == len(runs) == len({run.run_id for run in runs})
    assert {(n + 1, f"tool-{n}") for n in range(200)} == {(run.input_tokens, run.tool_calls[0]) for run in runs}
    assert [("success", 1)] * 200 == [(run.outcome, outcome_count(run)) for run in runs]


@pytest.mark.anyio
async def test_200_concurrent_streams(ld: Any) -> None:
    """200 async generators at once, a third of them left early and a third cancelled."""

    @tracked(KEY)
    async def answer(number: int) -> AsyncIterator[Chunk]:
        yield Chunk("hi", usage=(number + 1, 1))
        await anyio.sleep(0.001 * (number % 7))
        if number % 3 == 2:
            await anyio.sleep_forever()
        yield last()

    async def consume(number: int) -> None:
        stream: Any = answer(number)
        await stream.__anext__()
        if number % 3 == 1:
            await stream.aclose()
        elif number % 3 == 2:
            with anyio.move_on_after(0.02):
                await stream.__anext__()
        else:
            await stream.__anext__()
            with pytest.raises(StopAsyncIteration):
                await stream.__anext__()

    async with anyio.create_task_group() as group:
        for number in range(200):
            group.start_soon(consume, number)

    runs = ld.runs()
    assert [("success", 1)] * 200 == [(run.outcome, outcome_count(run)) for run in runs]
    left_early = {n + 1 for n in range(200) if n % 3}
    assert left_early == {run.input_tokens for run in runs if run.output_tokens == 1}


def test_calls_in_threads(ld: Any) -> None:
    """Threads calling one decorated function do not mix up their runs."""

    @tracked(KEY)
    def answer(number: int) -> Reply:
        mine = current_run()
        current_run().tool_call(f"tool-{number}")
        assert mine is current_run()
        return Reply(input=number + 1)

    at_once(lambda thread: [answer(thread * 25 + n) for n in range(25)])
    assert {(n + 1, (f"tool-{n}",)) for n in range(200)} == {
        (run.input_tokens, tuple(run.tool_calls)) for run in ld.runs()
    }


@pytest.mark.parametrize("attempt", range(5))
def test_d7_threads_closing_one_stream_object(ld: Any, attempt: int) -> None:
    """Many threads that finish one stream in different ways leave one outcome and one duration."""
    told: list[Any] = []
    configure(on_finish=told.append)

    @tracked(KEY)
    def answer() -> Stream:
        return Stream([hello(), *whole(), *whole()])

    stream = answer()
    next(stream)

    def finish(number: int) -> None:
        if number % 3 == 0:
            stream.close()
        elif number % 3 == 1:
            list(stream)
        else:
            with stream:
                pass

    at_once(finish)
    run = only_run(ld)
    assert outcome_count(run) == 1
    assert 1 == sum(event.key == "$ld:ai:duration:total" for event in run.events)
    assert 1 == sum(event.key == "$ld:ai:tokens:total" for event in run.events)
    assert 1 == len(told)


@pytest.mark.parametrize("attempt", range(5))
def test_d7_threads_hammering_one_generator(ld: Any, attempt: int) -> None:
    """Threads stepping and closing one generator: Python's own ValueError at worst, one outcome."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        for _ in range(100):
            yield hello()
        yield last()

    stream: Any = answer()
    next(stream)

    def hammer(number: int) -> None:
        for step in [stream.__next__] * 30 + [stream.close] * (number % 2):
            with contextlib.suppress(StopIteration):
                unless_executing(step)

    results = at_once(hammer)
    assert [None] * THREADS == results
    stream.close()
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_d7_collected_in_another_thread(ld: Any) -> None:
    """Streams let go of in many threads at once end once each."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        yield from whole()

    def drop(number: int) -> None:
        for _ in range(10):
            stream = answer()
            next(stream), next(stream)
            cycle = [stream]
            cycle.append(cycle)
            del stream, cycle
        gc.collect()

    at_once(drop)
    gc.collect()
    assert [("success", 1)] * 80 == [(run.outcome, outcome_count(run)) for run in ld.runs()]


def test_d7_tracking_by_hand_from_many_threads(ld: Any) -> None:
    """Tool calls told from many threads of one run are all counted."""
    from ldtrack import bind_run

    @tracked(KEY)
    def answer() -> str:
        bound = bind_run(lambda number: [current_run().tool_call(f"t{number}") for _ in range(20)])
        at_once(lambda number: bound(number))
        return "text"

    answer()
    run = only_run(ld)
    assert ("success", 160) == (run.outcome, len(run.tool_calls))


def test_first_calls_from_many_threads(ld: Any) -> None:
    """The first calls of many decorated functions at once agree on what they found."""
    functions = [tracked(KEY)(lambda: Reply()) for _ in range(20)]

    assert [[Reply()] * 20] * THREADS == at_once(lambda number: [function() for function in functions])
    assert 160 == sum(run.total_tokens == 8 for run in ld.runs())


def test_d7_closing_at_the_same_instant(ld: Any) -> None:
    """Threads that close one stream at the same instant, many times over: each run ends once."""
    rounds = 300
    told: list[Any] = []
    configure(on_finish=told.append)
    answer = tracked(KEY)(lambda: Stream(whole()))
    streams = [answer() for _ in range(rounds)]
    for stream in streams:
        next(stream), next(stream)
    barrier = threading.Barrier(THREADS)

    def close_all(number: int) -> None:
        for stream in streams:
            barrier.wait(10)
            with contextlib.suppress(ValueError):  # the object's own generator may be running already
                stream.close()

    switch_interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        assert [None] * THREADS == at_once(close_all)
    finally:
        sys.setswitchinterval(switch_interval)
    assert rounds == len(told) == len({summary.run_id for summary in told})
    assert [("success", 1)] * rounds == [(run.outcome, outcome_count(run)) for run in ld.runs()]
