"""E, F5: several threads or tasks read one stream, or one closes what another one waits for."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage
from typing_extensions import Self

from ldtrack import current_run, tracked
from support import KEY, Chunk, Trap, hello, only_run, outcome_count, whole

pytestmark = pytest.mark.anyio

READERS = 4
EACH = 25


class Broken(Exception):
    """What a read raises when its connection is closed under it."""


class Connection:
    """A stream that waits for more once its chunks are out, until somebody closes it."""

    def __init__(self, chunks: list[Chunk], ending: type[Exception] = Broken) -> None:
        self.chunks = chunks
        self.ending = ending
        self.waits = threading.Event()
        self.closed = threading.Event()
        self.left = threading.Event()

    def __iter__(self) -> Connection:
        return self

    def __next__(self) -> Chunk:
        if self.chunks:
            return self.chunks.pop(0)
        self.waits.set()
        self.closed.wait(10)
        raise self.ending

    def close(self) -> None:
        """Let the reader go."""
        self.closed.set()
        self.left.wait(10)


def drained(stream: Any) -> None:
    """Read until it breaks."""
    try:
        list(stream)
    except Broken:
        pass


@pytest.mark.parametrize(("chunks", "outcome"), [([hello()], "success"), ([], None)])
@pytest.mark.parametrize("ending", [Broken, StopIteration])
def test_e_a_stream_that_another_thread_closes(
    ld: Any, chunks: list[Chunk], outcome: str | None, ending: type[Exception]
) -> None:
    """A stop button is the consumer's close, whatever the pending step then raises."""
    stream = tracked(KEY)(lambda: Connection(list(chunks), ending))()

    def read() -> None:
        drained(stream)
        stream.left.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert stream.waits.wait(10)
    stream.close()
    reader.join(10)

    assert (outcome, int(bool(outcome))) == (only_run(ld).outcome, outcome_count(only_run(ld)))


class AsyncConnection:
    """The same, async."""

    def __init__(self, chunks: list[Chunk]) -> None:
        self.chunks = chunks
        self.waits = anyio.Event()
        self.closed = anyio.Event()
        self.left = anyio.Event()

    def __aiter__(self) -> AsyncConnection:
        return self

    async def __anext__(self) -> Chunk:
        if self.chunks:
            return self.chunks.pop(0)
        self.waits.set()
        await self.closed.wait()
        raise Broken

    async def aclose(self) -> None:
        """Let the reader go."""
        self.closed.set()
        await self.left.wait()


@pytest.mark.parametrize(("chunks", "outcome"), [([hello()], "success"), ([], None)])
async def test_e_an_async_stream_that_another_task_closes(ld: Any, chunks: list[Chunk], outcome: str | None) -> None:
    """The same, async."""
    stream = tracked(KEY)(lambda: AsyncConnection(list(chunks)))()

    async def read() -> None:
        with pytest.raises(Broken):
            assert [] == [chunk async for chunk in stream if chunk is None]
        stream.left.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await stream.waits.wait()
        await stream.aclose()

    assert (outcome, int(bool(outcome))) == (only_run(ld).outcome, outcome_count(only_run(ld)))


class Queue:
    """A stream that many may read; the chunks come when all of them wait."""

    def __init__(self) -> None:
        self.left = [Chunk("hi", usage=(1, n)) for n in range(READERS * EACH)]
        self.gate = threading.Barrier(READERS)
        self.lock = threading.Lock()

    def __iter__(self) -> Queue:
        return self

    def __next__(self) -> Chunk:
        self.gate.wait(10)
        return self.take(StopIteration)

    def take(self, ending: type[Exception]) -> Chunk:
        """Take the next one."""
        with self.lock:
            if not self.left:
                raise ending
            return self.left.pop(0)

    def close(self) -> None:
        """Nothing is open."""

    def __aiter__(self) -> Queue:
        return self

    async def __anext__(self) -> Chunk:
        await anyio.sleep(0)
        return self.take(StopAsyncIteration)


class Counting:
    """An extractor that counts chunks."""

    def __init__(self) -> None:
        self.seen = 0

    def feed(self, _chunk: Chunk) -> bool:
        """Take one chunk."""
        self.seen += 1
        return True

    def result(self) -> LDAIMetrics:
        """As many tokens as chunks."""
        return LDAIMetrics(success=True, tokens=TokenUsage(total=self.seen, input=0, output=self.seen))


@tracked(KEY, extractor=Counting)
def answer(make: Callable[[], Any]) -> Any:
    """Give a stream whose chunks are counted."""
    return make()


def test_f5_threads_that_share_a_stream_lose_no_chunk(ld: Any) -> None:
    """A step beside a step is the consumer's as well."""
    stream = answer(Queue)
    got: list[Any] = []

    def read() -> None:
        for _ in range(EACH):
            got.append(next(stream))  # noqa: PERF401 -- one at a time

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    stream.close()

    assert READERS * EACH == len(got)
    assert READERS * EACH == only_run(ld).output_tokens


async def test_f5_tasks_that_share_a_stream_lose_no_chunk(ld: Any) -> None:
    """The same, async."""
    stream = answer(Queue)

    async def read() -> None:
        async for _ in stream:
            pass

    async with anyio.create_task_group() as tasks:
        for _ in range(READERS):
            tasks.start_soon(read)

    assert ("success", READERS * EACH) == (only_run(ld).outcome, only_run(ld).output_tokens)


class Nested:
    """A stream that steps and closes itself inside its own methods, and looks around."""

    def __init__(self) -> None:
        self.inner = iter(whole())
        self.runs: list[str] = []

    def __iter__(self) -> Nested:
        return self

    def __next__(self) -> Chunk:
        self.runs.append(current_run().config_key)
        return self.step()

    def step(self) -> Chunk:
        """Skip the role."""
        chunk = next(self.inner)
        return chunk if chunk.text or chunk.usage else next(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Look around."""
        self.runs.append(current_run().config_key)


def test_f5_a_step_inside_a_step_is_the_streams_own_business(ld: Any) -> None:
    """It is not counted twice."""
    stream = answer(Nested)
    assert 3 == len(list(stream))

    assert 3 == only_run(ld).output_tokens
    assert [KEY] * 5 == stream.runs


class AsyncNested:
    """The same, async."""

    def __init__(self) -> None:
        self.inner = iter(whole())

    def __aiter__(self) -> AsyncNested:
        return self

    async def __anext__(self) -> Chunk:
        try:
            chunk = next(self.inner)
        except StopIteration:
            raise StopAsyncIteration from None
        return chunk if chunk.text or chunk.usage else await anext(self)


async def test_f5_an_async_step_inside_a_step_is_the_streams_own_business(ld: Any) -> None:
    """The same, async."""
    assert 3 == len([chunk async for chunk in answer(AsyncNested)])
    assert 3 == only_run(ld).output_tokens


def test_f4_a_step_of_a_stream_object_that_is_closed_from_another_context(ld: Any) -> None:
    """Nobody's context is disturbed."""

    class Waiting(AsyncNested):
        async def __anext__(self) -> Chunk:
            await Trap()
            raise AssertionError("it went on")

    step = answer(Waiting).__anext__()
    assert "suspended" == contextvars.copy_context().run(step.send, None)
    step.close()

    assert (None, 0) == (only_run(ld).outcome, outcome_count(only_run(ld)))
    with pytest.raises(LookupError):
        current_run()


def test_e_an_interruption_that_leaves_a_block_before_output_is_an_error(ld: Any) -> None:
    """The stream's own `close()` at the end of its block does not make it a close by the consumer."""
    with pytest.raises(KeyboardInterrupt), answer(Nested) as stream:
        raise KeyboardInterrupt

    assert [KEY] == stream.runs
    assert "error" == only_run(ld).outcome
