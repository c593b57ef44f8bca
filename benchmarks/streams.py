"""I2 and I3: what a decorated generator costs per chunk, and how much later its first chunk comes."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Iterator
from contextvars import ContextVar
from time import perf_counter_ns
from typing import Any

from benchmarks.calls import KEY, USER, launchdarkly
from benchmarks.measure import beside
from ldtrack import register_stream_extractor, tracked

CHUNKS = 50_000
_step: ContextVar[Any] = ContextVar("step", default=None)


class Chunk:
    """A chunk of a made-up provider."""


@register_stream_extractor(Chunk)
class ChunkCount:
    """An extractor that does next to nothing: `feed()` itself is not what is measured."""

    def feed(self, _chunk: Any, /) -> bool:
        """Take a chunk."""
        return True

    def result(self) -> None:
        """Tell nothing."""


CHUNK = Chunk()


def plain(count: int) -> Iterator[Chunk]:
    """The undecorated generator."""
    for _ in range(count):
        yield CHUNK


async def plain_async(count: int) -> AsyncIterator[Chunk]:
    """The undecorated async generator."""
    for _ in range(count):
        yield CHUNK


def minimal(count: int) -> Any:
    """The least that keeps `send`, `throw` and `close`, and sets and resets one context variable per step."""
    source: Any = plain(count)
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        token = _step.set(source)
        try:
            item = source.send(sent) if thrown is None else source.throw(thrown)
        except StopIteration as stop:
            return stop.value
        finally:
            _step.reset(token)
        thrown = None
        try:
            sent = yield item
        except BaseException as exc:  # noqa: BLE001 -- it goes on into the body
            thrown = exc


async def minimal_async(count: int) -> Any:
    """Same as `minimal`, async."""
    source: Any = plain_async(count)
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        token = _step.set(source)
        try:
            item = await (source.asend(sent) if thrown is None else source.athrow(thrown))
        except StopAsyncIteration:
            return
        finally:
            _step.reset(token)
        thrown = None
        try:
            sent = yield item
        except BaseException as exc:  # noqa: BLE001 -- it goes on into the body
            thrown = exc


def drain(stream: Iterator[Any]) -> None:
    """Take every chunk."""
    for _ in stream:
        pass


async def drain_async(stream: AsyncIterator[Any]) -> None:
    """Take every chunk."""
    async for _ in stream:
        pass


def per_chunk_ratio() -> float:
    """What tracking adds per chunk, over what the minimal driver adds: sync."""
    with launchdarkly():
        decorated = tracked(KEY, context=USER)(plain)
        times = beside(
            {
                "plain": lambda: drain(plain(CHUNKS)),
                "minimal": lambda: drain(minimal(CHUNKS)),
                "decorated": lambda: drain(decorated(CHUNKS)),
            },
            number=1,
            rounds=15,
        )
    return _added(times)


def per_chunk_ratio_async() -> float:
    """What tracking adds per chunk, over what the minimal driver adds: async."""
    loop = asyncio.new_event_loop()
    try:
        with launchdarkly():
            decorated: Any = tracked(KEY, context=USER)(plain_async)
            times = beside(
                {
                    "plain": lambda: loop.run_until_complete(drain_async(plain_async(CHUNKS))),
                    "minimal": lambda: loop.run_until_complete(drain_async(minimal_async(CHUNKS))),
                    "decorated": lambda: loop.run_until_complete(drain_async(decorated(CHUNKS))),
                },
                number=1,
                rounds=15,
            )
    finally:
        loop.close()
    return _added(times)


def first_token_delay_us() -> float:
    """How much later the first chunk comes than through a bare `yield from`; microseconds.

    Measured from the body's first `yield` to the consumer's hands: the config is evaluated before that.
    """

    def body() -> Iterator[int]:
        yield perf_counter_ns()

    def driver() -> Iterator[int]:
        yield from body()

    with launchdarkly():
        decorated = tracked(KEY, context=USER)(body)
        delays = []
        for _ in range(2_000):
            begun = next(driver())
            by_hand = perf_counter_ns() - begun
            stream = decorated()
            begun = next(stream)
            delays.append(perf_counter_ns() - begun - by_hand)
            stream.close()  # type: ignore[attr-defined]  # an Iterator to the checker, a generator in fact
    return statistics.median(delays) / 1_000


def _added(times: dict[str, list[float]]) -> float:
    plain_time, minimal_time, decorated = (min(times[name]) for name in ("plain", "minimal", "decorated"))
    return (decorated - plain_time) / (minimal_time - plain_time)
