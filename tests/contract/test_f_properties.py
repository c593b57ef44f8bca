"""Any interleaving of next, send, throw, close, cancel and garbage collection, against the undecorated twin."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from contract.comparison import compare, quiet, thorough
from contract.twins import (
    AsyncIteratorBody,
    IteratorBody,
    Script,
    Seen,
    Step,
    aconsume,
    async_generator_body,
    cconsume,
    consume,
    coroutine_body,
    disturbances,
    generator_body,
    operations,
    scripts,
)

__all__ = ["quiet"]

plans = st.lists(operations, max_size=6)
SWALLOWING = Script(
    (Step("token", suspends=False, answer="swallow"), Step(1, suspends=True, answer="pass on")), "return", "pass on"
)
ABANDONED = [("send", None, None), ("throw", "error", "abandon")]
aplans = st.lists(st.tuples(operations, disturbances).map(lambda pair: (*pair[0], pair[1])), max_size=6)


def generator(script: Script, seen: Seen) -> Generator[Any, Any, str]:
    """A generator function."""
    return (yield from generator_body(script, seen))


async def async_generator(script: Script, seen: Seen) -> AsyncGenerator[Any, Any]:
    """An async generator function; the body is written out, since async generators cannot delegate."""
    from contract.twins import answer, finish
    from support import Trap

    try:
        for step in script.steps:
            try:
                if step.suspends:
                    await Trap()
                seen.body.append((yield step.value))
            except BaseException as exc:
                decision = answer(step, script, exc, seen)
                if decision == "stop":
                    return
                if decision == "yield":
                    yield "refused"
        finish(script)
    finally:
        seen.body.append("finally")


def to_generator(script: Script, seen: Seen) -> Any:
    """A function that returns a generator."""
    return generator_body(script, seen)


def to_async_generator(script: Script, seen: Seen) -> Any:
    """A function that returns an async generator."""
    return async_generator_body(script, seen)


def to_stream(script: Script, seen: Seen) -> Any:
    """A function that returns a stream object."""
    return IteratorBody(script, seen)


def to_async_stream(script: Script, seen: Seen) -> Any:
    """A function that returns an async stream object."""
    return AsyncIteratorBody(script, seen)


async def coroutine(script: Script, seen: Seen) -> str:
    """A coroutine function."""
    return await coroutine_body(script, seen)


def to_coroutine(script: Script, seen: Seen) -> Any:
    """A function that returns a coroutine."""
    return coroutine_body(script, seen)


@pytest.mark.parametrize("function", [generator, to_generator], ids=lambda function: function.__name__)
@thorough
@given(script=scripts, plan=plans)
def test_f3_generators(ld: Any, function: Any, script: Script, plan: list[Any]) -> None:
    """Decorated generators cannot be told from undecorated ones."""
    compare(ld, function, consume, script, plan)


@pytest.mark.parametrize("function", [async_generator, to_async_generator], ids=lambda function: function.__name__)
@thorough
@given(script=scripts, plan=aplans)
@example(script=SWALLOWING, plan=ABANDONED)
def test_f3_async_generators(ld: Any, function: Any, script: Script, plan: list[Any]) -> None:
    """Nor async ones, cancelled in the middle of a step or not."""
    compare(ld, function, aconsume, script, plan)


@thorough
@given(script=scripts, plan=plans)
def test_f5_stream_objects(ld: Any, script: Script, plan: list[Any]) -> None:
    """Nor stream objects."""
    compare(ld, to_stream, consume, script, plan)


@thorough
@given(script=scripts, plan=aplans)
def test_f5_async_stream_objects(ld: Any, script: Script, plan: list[Any]) -> None:
    """Nor async stream objects."""
    compare(ld, to_async_stream, aconsume, script, plan)


@pytest.mark.parametrize("function", [coroutine, to_coroutine], ids=lambda function: function.__name__)
@thorough
@given(script=scripts, plan=plans)
def test_f7_coroutines(ld: Any, function: Any, script: Script, plan: list[Any]) -> None:
    """Nor coroutines, stepped, thrown into, closed and dropped.

    Bodies that refuse to be closed are left out: `await` itself turns GeneratorExit into a close.
    """
    assume(script.on_close in {"pass on", "raise"})
    compare(ld, function, cconsume, script, plan)
