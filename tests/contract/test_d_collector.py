"""D3, E7: the garbage collector may end a stream at any point, also inside the SDK's event queue.

The SDK's event processor guards its queue with a lock that its holder cannot take twice. The collector runs in
whichever thread allocates next, so it can find a forgotten stream while that lock is held, by a thread of the
user's or by the SDK's own dispatcher. Tracking that stream right there would stop the whole process.
"""

from __future__ import annotations

import contextvars
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from ldclient import LDClient
from ldclient.config import Config
from ldclient.integrations.test_data import TestData
from ldclient.interfaces import EventProcessor

from ldtrack import configure, flush, tracked
from support import CONFIG, KEY, USER, Stream, Trap, play, register_own_provider, whole


class CollectingProcessor(EventProcessor):
    """Takes events under a lock, as the SDK's own, and has the collector run while it holds it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.deadlocks = 0
        self.outcomes = 0

    def send_event(self, event: Any) -> None:
        """Take an event."""
        if not self.lock.acquire(timeout=10):
            self.deadlocks += 1
            return
        try:
            gc.collect()
            self.outcomes += getattr(event, "key", "").startswith("$ld:ai:generation")
        finally:
            self.lock.release()

    def flush(self) -> None:
        """Nothing is kept."""

    def stop(self) -> None:
        """Nothing runs."""


@pytest.fixture
def processor() -> Iterator[CollectingProcessor]:
    """A client with such a processor, configured for ldtrack."""
    made = CollectingProcessor()
    data = TestData.data_source()
    data.update(data.flag(KEY).variations(CONFIG).variation_for_all(0))
    client = LDClient(Config("sdk-key", update_processor_class=data, event_processor_class=lambda _: made))
    configure(client=client, context=USER)
    register_own_provider()
    yield made
    client.close()


@tracked(KEY)
def generator() -> Iterator[Any]:
    """Stream."""
    yield from whole()


@tracked(KEY)
async def async_generator() -> AsyncIterator[Any]:
    """Stream, async."""
    for chunk in whole():
        yield chunk


@tracked(KEY)
def to_generator() -> Any:
    """Return a generator."""
    return play(whole())


@tracked(KEY)
def to_stream() -> Any:
    """Return a stream object."""
    return Stream(whole())


@tracked(KEY)
async def coroutine() -> None:
    """Wait."""
    await Trap()


def step_async(stream: Any) -> None:
    """Take a step without an event loop."""
    with pytest.raises(StopIteration):
        stream.__anext__().send(None)


STARTED: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = [
    (generator, next),
    (async_generator, step_async),
    (to_generator, next),
    (to_stream, next),
    # Stepped in a context of its own, as a task would be: here its run would be current for whatever comes next.
    (coroutine, lambda started: contextvars.copy_context().run(started.send, None)),
]


@pytest.mark.parametrize(("make", "step"), STARTED, ids=[make.__name__ for make, _ in STARTED])
def test_d3_collected_while_the_event_queue_is_locked(processor: CollectingProcessor, make: Any, step: Any) -> None:
    """A stream found by the collector inside `track` does not track there, and its end is not lost."""
    gc.disable()
    try:
        started = make()
        step(started)
        if make is not coroutine:
            step(started)
        cycle = [started]
        cycle.append(cycle)
        del started, cycle
        tracked(KEY)(lambda: 1)()
    finally:
        gc.enable()
    expected = 1 if make is coroutine else 2
    give_up = time.monotonic() + 60
    while processor.outcomes < expected and time.monotonic() < give_up:
        flush(0.05)  # the end may be sent a moment later, from where it is safe
    assert (0, expected) == (processor.deadlocks, processor.outcomes)
