"""E2, E7, F4, F9: event loops that stop, interrupts, and one async generator stepped twice at once."""

from __future__ import annotations

import ast
import asyncio
import gc
import pathlib
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
import trio

import ldtrack
from contract.helpers import tokens
from ldtrack import tracked
from support import KEY, AsyncStream, Chunk, hello, only_run, outcome_count, whole

KEPT: list[Any] = []


@tracked(KEY)
async def stream() -> AsyncIterator[Chunk]:
    """Stream a whole answer."""
    for chunk in whole():
        yield chunk


@pytest.fixture(autouse=True)
def _let_go() -> Any:
    """Let go of what a test kept on purpose."""
    yield
    KEPT.clear()


@pytest.mark.parametrize("run", [asyncio.run, trio.run], ids=["asyncio", "trio"])
def test_e7_loop_that_stops_closes_async_generators(ld: Any, run: Any) -> None:
    """An async generator that is open when its loop ends was left early, though somebody keeps it."""

    async def main() -> None:
        KEPT.append(stream())
        await anext(KEPT[0]), await anext(KEPT[0])

    if run is asyncio.run:
        run(main())
    else:
        run(main)
    assert ("success", 1, (3, 1, 4)) == (only_run(ld).outcome, outcome_count(only_run(ld)), tokens(only_run(ld)))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Python's own handler, which a shell that starts the tests in the background takes away."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_e2_ctrl_c_under_asyncio(ld: Any) -> None:
    """Ctrl-C cancels what runs: a call is an error, a stream after output a success."""

    @tracked(KEY)
    async def call() -> None:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(10)

    @tracked(KEY)
    async def interrupted_stream() -> AsyncIterator[Chunk]:
        yield hello()
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(10)

    async def consume() -> None:
        async for _ in interrupted_stream():
            pass

    for coroutine in (call(), consume()):
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(coroutine)
    assert [("error", 1), ("success", 1)] == [(run.outcome, outcome_count(run)) for run in ld.runs()]


@pytest.mark.anyio
async def test_f3_stepped_twice_at_once(ld: Any) -> None:
    """A second step while one is under way gets Python's own RuntimeError, and disturbs nothing."""

    @tracked(KEY)
    async def slow() -> AsyncIterator[Chunk]:
        for chunk in whole():
            await anyio.sleep(0.005)
            yield chunk

    iterator: Any = slow()
    errors: list[BaseException] = []

    async def step() -> None:
        try:
            await anext(iterator)
        except RuntimeError as exc:
            errors.append(exc)

    async with anyio.create_task_group() as group:
        group.start_soon(step)
        group.start_soon(step)
    assert ["anext(): asynchronous generator is already running"] == [str(exc) for exc in errors]
    assert 3 == len([chunk async for chunk in iterator])
    assert ("success", (3, 5, 8)) == (only_run(ld).outcome, tokens(only_run(ld)))


@pytest.mark.anyio
async def test_e2_cancelling_the_consumer_between_steps(ld: Any) -> None:
    """A consumer cancelled in its own code, not in a step, leaves the stream early when it is closed."""
    iterator: Any = stream()
    with anyio.CancelScope() as scope:
        try:
            async for chunk in iterator:
                if chunk.text:
                    scope.cancel()
                    await anyio.sleep(1)
        finally:
            with anyio.CancelScope(shield=True):
                await iterator.aclose()
    assert ("success", 1, (3, 1, 4)) == (only_run(ld).outcome, outcome_count(only_run(ld)), tokens(only_run(ld)))


@pytest.mark.anyio
async def test_e2_body_that_answers_cancellation_with_an_error(ld: Any) -> None:
    """A body that turns a cancellation into an Exception of its own has failed."""

    @tracked(KEY)
    async def translating() -> AsyncIterator[Chunk]:
        yield hello()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class() as exc:
            raise ConnectionError from exc

    iterator: Any = translating()
    await anext(iterator)
    with pytest.raises(ConnectionError), anyio.CancelScope() as scope:
        scope.cancel()
        await anext(iterator)
    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@pytest.mark.anyio
async def test_e2_body_that_cleans_up_slowly_is_not_hurried(ld: Any) -> None:
    """Shielded cleanup in the body finishes before the cancelled step returns."""
    cleaned: list[int] = []

    @tracked(KEY)
    async def careful() -> AsyncIterator[Chunk]:
        try:
            yield hello()
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.sleep(0.02)
                cleaned.append(1)

    iterator: Any = careful()
    await anext(iterator)
    with anyio.move_on_after(0.01):
        await anext(iterator)
    assert [1] == cleaned
    assert "success" == only_run(ld).outcome


def test_f9_nothing_in_the_core_imports_an_event_loop() -> None:
    """No module of the core imports asyncio or trio."""
    core = pathlib.Path(ldtrack.__file__).parent.glob("*.py")
    imported = {
        name.partition(".")[0]
        for path in core
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert not imported & {"asyncio", "trio", "sniffio"}


@pytest.mark.anyio
@pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning")
async def test_f5_collected_in_a_cycle(ld: Any) -> None:
    """An async stream in a reference cycle is finished by the collector."""

    @tracked(KEY)
    def answer() -> AsyncStream:
        return AsyncStream(whole())

    opened: Any = answer()
    await anext(opened), await anext(opened)
    cycle = [opened]
    cycle.append(cycle)
    del opened, cycle
    gc.collect()
    assert ("success", 1, (3, 1, 4)) == (only_run(ld).outcome, outcome_count(only_run(ld)), tokens(only_run(ld)))


EXIT_WHILE_ASYNC = """
    import asyncio, ldtrack
    from ldclient import Context
    from ldtrack.local import LocalLaunchDarkly

    local = LocalLaunchDarkly({"chat": {"_ldMeta": {"enabled": True}, "model": {"name": "m"}}})
    ldtrack.configure(client=local.client, context=Context.create("u"),
                      on_finish=lambda summary: print(summary.outcome, summary.duration_ms is not None, flush=True))

    @ldtrack.tracked("chat")
    async def answer():
        yield "token"
        yield "token"

    loop = asyncio.new_event_loop()
    stream = answer()
    loop.run_until_complete(stream.__anext__())
    keep = [stream, loop]
"""


def test_e7_async_generator_open_at_exit_without_a_loop() -> None:
    """An async generator whose loop was never shut down is finished at interpreter exit."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(EXIT_WHILE_ASYNC)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ("success True", 0) == (done.stdout.strip(), done.returncode), done.stderr
