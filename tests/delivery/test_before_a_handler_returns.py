"""G5: what a handler tracked has arrived before it returns, since its process may be frozen right then."""

from __future__ import annotations

import inspect
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from contract.helpers import warnings_of
from events_endpoint import EventsEndpoint, client_for
from ldtrack import configure, delivered, delivers, flush, tracked
from support import KEY, USER
from tracking_app import OF_A_RUN, answer, answer_async, start

SUCCESS = "$ld:ai:generation:success"
HANDLERS = {
    "a function": """
        @delivers
        def handler():
            answer()
    """,
    "a function with a time": """
        @delivers(timeout=20)
        def handler():
            answer()
    """,
    "a coroutine function": """
        import asyncio

        @delivers
        async def handle():
            await answer_async()

        handler = lambda: asyncio.run(handle())
    """,
    "a block": """
        from ldtrack import delivered

        def handler():
            with delivered():
                answer()
    """,
    "a tracked function": """
        handler = delivers(answer)
    """,
    "one that raises": """
        @delivers
        def handle():
            answer()
            raise ValueError

        def handler():
            try:
                handle()
            except ValueError:
                pass
    """,
}


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="this system cannot freeze a process")
@pytest.mark.parametrize("handler", HANDLERS.values(), ids=HANDLERS)
def test_g5_a_process_that_is_frozen_as_soon_as_its_handler_returns(endpoint: EventsEndpoint, handler: str) -> None:
    """Everything has arrived, by the time it is frozen."""
    script = f"{handler}\n        set_up()\n        handler()\n        os.kill(os.getpid(), signal.SIGSTOP)"
    with start(endpoint, script) as process:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        arrived = len(endpoint.metrics(SUCCESS)), len(endpoint.metrics()) - 1  # less the client's announcement
        process.kill()
        errors = process.stderr.read() if process.stderr else ""

    assert os.WIFSTOPPED(status), errors
    assert (1, OF_A_RUN) == arrived


@pytest.fixture
def client(endpoint: EventsEndpoint) -> Iterator[Any]:
    """A client that sends nothing by itself."""
    with client_for(endpoint.url, flush_interval=600) as client:
        configure(client=client, context=USER)
        yield client
        endpoint.open.set()


@pytest.mark.anyio
async def test_g5_an_async_block(client: Any, endpoint: EventsEndpoint) -> None:
    """On both event loops."""
    async with delivered():
        await answer_async()

    assert 1 == len(endpoint.metrics(SUCCESS))


@pytest.mark.anyio
async def test_g5_a_cancelled_handler_delivers_and_stays_cancelled(client: Any, endpoint: EventsEndpoint) -> None:
    """The caller's own scope decides on what follows."""

    @delivers
    async def handler() -> None:
        await answer_async()
        await anyio.sleep(60)

    with anyio.move_on_after(0.2) as scope:
        await handler()
    assert scope.cancelled_caught
    assert 1 == len(endpoint.metrics(SUCCESS))


def test_d1_the_handlers_value_and_exception_are_its_own(client: Any) -> None:
    """The same objects."""
    value, error = object(), ValueError("its own")

    def handler(fails: bool) -> object:
        if fails:
            raise error
        return value

    assert value is delivers(handler)(fails=False)
    with pytest.raises(ValueError, match="its own") as caught:
        delivers(timeout=2)(handler)(fails=True)
    assert error is caught.value


def test_g5_what_is_not_delivered_in_time_is_told_once(
    client: Any, endpoint: EventsEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    """And arrives later."""
    caplog.set_level(logging.WARNING, "ldtrack")
    endpoint.open.clear()
    handler = delivers(timeout=0.05)(answer)
    handler()
    handler()
    assert 1 == len([warning for warning in warnings_of(caplog) if "in time" in warning])

    endpoint.open.set()
    assert flush(10)
    assert 2 == len(endpoint.metrics(SUCCESS))


def test_g5_a_decorated_handler_looks_like_it(client: Any) -> None:
    """Name, signature, and whether it is awaited; also in the other order."""

    async def handler(event: dict[str, str]) -> str:
        return event["question"]

    decorated = delivers(handler)
    assert ("handler", inspect.signature(handler)) == (decorated.__name__, inspect.signature(decorated))
    assert inspect.iscoroutinefunction(decorated)
    assert "hi" == tracked(KEY)(delivers(lambda: "hi"))()


def generator() -> Iterator[str]:
    """Yield."""
    yield ""


async def async_generator() -> AsyncIterator[str]:
    """Yield."""
    yield ""


MISTAKES: dict[str, tuple[Any, str]] = {
    "a number": (lambda: delivers(2.0), "write @delivers"),  # type: ignore[call-overload]
    "a class": (lambda: delivers(dict), "decorates a function"),
    "a generator function": (lambda: delivers(generator), "put `with delivered"),
    "an async generator function": (lambda: delivers(async_generator), "put `with delivered"),
    "a text as time": (lambda: delivers(timeout="2"), "timeout is a number of seconds"),  # type: ignore[call-overload]
    "a function for the block": (lambda: delivered(answer), "timeout is a number of seconds"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("attempt", "cure"), MISTAKES.values(), ids=MISTAKES)
def test_a8_mistakes_are_named_at_decoration(attempt: Any, cure: str) -> None:
    """With what to write instead."""
    with pytest.raises(TypeError, match=cure):
        attempt()
