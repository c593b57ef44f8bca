"""E3, E4, E5, E7, E8: what the clocks count, and when events are sent."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from contract.helpers import Watch
from ldtrack import configure, tracked
from support import (
    GENERATORS,
    KEY,
    STREAMS,
    USER,
    Reply,
    Shape,
    Stream,
    hello,
    keys,
    last,
    only_run,
    role,
    whole,
)

pytestmark = pytest.mark.anyio

streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


def test_e3_duration_is_whole_milliseconds(ld: Any) -> None:
    """The duration is an int of milliseconds, at least as long as the call."""

    @tracked(KEY)
    def answer() -> Reply:
        time.sleep(0.03)
        return Reply()

    answer()
    duration = only_run(ld).duration_ms
    assert int is type(duration)
    assert duration >= 30


def test_e3_duration_starts_after_evaluation(ld: Any) -> None:
    """What ldtrack does before the function's own code is not counted."""
    watches: list[Watch] = []

    def slow_variables() -> dict[str, Any]:
        time.sleep(0.05)
        watches.append(Watch())
        return {}

    @tracked(KEY, variables=slow_variables)
    def answer() -> Reply:
        return Reply()

    answer()
    assert only_run(ld).duration_ms <= watches[0].ms


def test_e3_slow_extractor_is_not_counted(ld: Any) -> None:
    """Reading the response happens after the clock has stopped."""
    watch = Watch()
    called: list[float] = []

    def slow(reply: Reply) -> None:
        called.append(watch.ms)
        time.sleep(0.05)

    @tracked(KEY, extractor=slow)
    def answer() -> Reply:
        return Reply()

    answer()
    assert only_run(ld).duration_ms <= called[0]


def test_c7_duration_from_the_extractor_replaces_the_clock(ld: Any) -> None:
    """A duration that the extractor supplies wins, as in the SDK."""
    from ldai.providers.types import LDAIMetrics

    @tracked(KEY, extractor=lambda reply: LDAIMetrics(success=True, duration_ms=4321))
    def answer() -> Reply:
        return Reply()

    answer()
    assert 4321 == only_run(ld).duration_ms


@streams
async def test_e3_duration_of_a_stream_ends_at_exhaustion(ld: Any, shape: Shape) -> None:
    """A slow consumer between chunks counts, what comes after the last step does not."""
    watch = Watch()
    handle = await shape.open(whole())
    await handle.take(2)
    pause = Watch()
    await anyio.sleep(0.03)
    paused = pause.ms
    await handle.drain()
    drained = watch.ms
    await anyio.sleep(0.05)
    await handle.drop()

    run = only_run(ld)
    assert int(paused) <= run.duration_ms <= drained
    assert run.time_to_first_token_ms < run.duration_ms


@pytest.mark.parametrize("shape", GENERATORS, ids=str)
async def test_e3_clock_of_a_generator_pauses_before_the_first_step(ld: Any, shape: Shape) -> None:
    """Nothing runs between the return of a bare generator and its first step, so nothing is counted."""
    watch = Watch()
    handle = await shape.open(whole())
    pause = Watch()
    await anyio.sleep(0.05)
    paused = pause.ms
    await handle.drain()

    run = only_run(ld)
    assert run.time_to_first_token_ms <= run.duration_ms <= watch.ms - paused


def test_e3_code_before_a_returned_stream_counts(ld: Any) -> None:
    """The request made before the stream object is returned belongs to TTFT and duration."""

    @tracked(KEY)
    def answer() -> Stream:
        time.sleep(0.03)
        return Stream(whole())

    list(answer())
    assert only_run(ld).time_to_first_token_ms >= 30
    assert only_run(ld).duration_ms >= 30


def test_e4_ttft_is_the_first_chunk_with_output(ld: Any) -> None:
    """A role-only chunk does not stop the TTFT clock, and later chunks do not move it."""

    @tracked(KEY)
    def answer() -> Iterator[Any]:
        yield role()
        time.sleep(0.03)
        yield hello()
        time.sleep(0.05)
        yield last()

    list(answer())
    run = only_run(ld)
    assert run.time_to_first_token_ms >= 30
    assert run.duration_ms - run.time_to_first_token_ms >= 45


class Array:
    """A chunk whose truth value cannot be had, as an array's."""

    def __bool__(self) -> bool:
        raise ValueError("ambiguous")


@pytest.mark.parametrize("first", ["token", b"x", 1, {"a": 1}, Array(), object()], ids=lambda c: type(c).__name__)
def test_e4_unknown_chunks_count_by_truth(ld: Any, first: Any) -> None:
    """For chunk types nobody registered, the first true chunk is the first output."""

    @tracked(KEY)
    def answer() -> Iterator[Any]:
        yield ""
        yield None
        time.sleep(0.03)
        yield first

    list(answer())
    run = only_run(ld)
    assert run.time_to_first_token_ms >= 30
    assert ("success", None) == (run.outcome, run.total_tokens)


def test_e4_only_false_chunks_have_no_ttft(ld: Any) -> None:
    """A stream of empty strings never began to output."""

    @tracked(KEY)
    def answer() -> Iterator[Any]:
        yield ""
        yield None

    list(answer())
    assert ("success", None) == (only_run(ld).outcome, only_run(ld).time_to_first_token_ms)


@streams
async def test_e8_nothing_is_sent_before_the_end(ld: Any, shape: Shape) -> None:
    """Times are noted; no run event is sent while the consumer waits for chunks."""
    handle = await shape.open(whole())
    for _ in range(4):
        await handle.step()
        assert [] == ld.runs()
    await handle.drain()

    assert "$ld:ai:tokens:ttf" in keys(only_run(ld))


def refusing() -> Any:
    """A chat completion in which the model itself refuses."""
    from openai.types.chat import ChatCompletion

    message = {"role": "assistant", "content": None, "refusal": "I will not"}
    choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": None}
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return ChatCompletion.model_validate(body)


@pytest.mark.parametrize(("options", "expected"), [({}, "success"), ({"model_refusal": "error"}, "error")])
def test_e5_model_refusal_is_a_switch(ld: Any, options: dict[str, Any], expected: str) -> None:
    """A refusal that the model wrote is a success unless the app says otherwise."""
    configure(client=ld.client, context=USER, **options)

    @tracked(KEY)
    def answer() -> Any:
        return refusing()

    answer()
    assert (expected, 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_e5_tokens_on_an_exception_are_recorded_with_the_error(ld: Any) -> None:
    """What was billed before OpenAI's `parse` raised is counted."""
    from openai import LengthFinishReasonError

    @tracked(KEY)
    def answer() -> Any:
        raise LengthFinishReasonError(completion=refusing())

    with pytest.raises(LengthFinishReasonError):
        answer()
    run = only_run(ld)
    assert ("error", 3, 5, 8) == (run.outcome, run.input_tokens, run.output_tokens, run.total_tokens)


AT_EXIT = """
    import ldtrack
    from ldclient import Context
    from ldtrack.local import LocalLaunchDarkly

    local = LocalLaunchDarkly({"chat": {"_ldMeta": {"enabled": True}, "model": {"name": "m"}}})
    def told(summary):
        print(summary.outcome, summary.duration_ms is not None, summary.time_to_first_token_ms is not None, flush=True)
    ldtrack.configure(client=local.client, context=Context.create("u"), on_finish=told)

    @ldtrack.tracked("chat")
    def answer():
        yield "token"
        yield "token"

    class Stream:
        def __init__(self): self.left = 3
        def __iter__(self): return self
        def __next__(self):
            self.left -= 1
            return "token"

    @ldtrack.tracked("chat")
    def stream():
        return Stream()

    open_stream = {make}()
    next(open_stream)
    keep = [open_stream]
    keep.append(keep)
"""


@pytest.mark.parametrize("make", ["answer", "stream"])
def test_e7_streams_open_at_exit_are_finished_then(make: str) -> None:
    """A stream that is still open when the interpreter exits is recorded as left early."""
    script = textwrap.dedent(AT_EXIT).replace("{make}", make)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)

    assert ("success True True", 0) == (done.stdout.strip(), done.returncode)
    assert "Traceback" not in done.stderr


async def test_e3_async_call_includes_its_awaits(ld: Any) -> None:
    """A coroutine's waiting counts as duration."""

    @tracked(KEY)
    async def answer() -> Reply:
        await anyio.sleep(0.03)
        return Reply()

    await answer()
    assert only_run(ld).duration_ms >= 28


async def test_e3_async_generator_waits_count(ld: Any) -> None:
    """An async generator's waiting before the first chunk is TTFT."""

    @tracked(KEY)
    async def answer() -> AsyncIterator[Any]:
        await anyio.sleep(0.03)
        yield hello()
        yield last()

    assert 2 == len([chunk async for chunk in answer()])
    assert only_run(ld).time_to_first_token_ms >= 28
