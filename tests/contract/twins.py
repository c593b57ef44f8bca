"""Random bodies and random consumers, to compare a decorated function with its undecorated twin."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from typing_extensions import Self

from support import Trap

KINDS: dict[str, type[BaseException]] = {
    "error": ValueError,
    "interrupt": KeyboardInterrupt,
    "exit": SystemExit,
    "cancel": asyncio.CancelledError,
    "close": GeneratorExit,
}
ANSWERS = ("pass on", "swallow", "replace", "stop")


@dataclass(frozen=True)
class Step:
    """One yield of a body: its value, whether it suspends before, and what it does when thrown into."""

    value: Any
    suspends: bool
    answer: str


@dataclass(frozen=True)
class Script:
    """A body: its steps, how it ends, and what it does when closed."""

    steps: tuple[Step, ...]
    ending: str
    on_close: str


@dataclass
class Seen:
    """What a consumer and a body saw; two twins have to see the same."""

    results: list[Any] = field(default_factory=list[Any])
    body: list[Any] = field(default_factory=list[Any])
    unraisable: list[Any] = field(default_factory=list[Any])


steps = st.builds(Step, st.sampled_from(["", None, "token", 1]), st.booleans(), st.sampled_from(ANSWERS))
scripts = st.builds(
    Script,
    st.lists(steps, max_size=4).map(tuple),
    st.sampled_from(["return", "return", "error", "interrupt"]),
    st.sampled_from(["pass on", "pass on", "raise", "return", "yield"]),
)
operations = st.one_of(
    st.tuples(st.just("send"), st.just(None)),
    st.tuples(st.just("send"), st.just(None)),
    st.tuples(st.just("send"), st.sampled_from([1, "sent"])),
    st.tuples(st.just("throw"), st.sampled_from(sorted(KINDS))),
    st.tuples(st.just("close"), st.none()),
    st.tuples(st.just("drop"), st.none()),
)
disturbances = st.sampled_from([None, None, None, "cancel", "error", "interrupt", "abandon"])


def answer(step: Step, script: Script, exc: BaseException, seen: Seen) -> str:
    """Decide what a body does with what was thrown in: raises, or gives "swallow", "stop" or "yield"."""
    seen.body.append(type(exc))
    if isinstance(exc, GeneratorExit):
        if script.on_close == "raise":
            raise LookupError("while closing")
        if script.on_close == "pass on":
            raise exc
        return {"return": "stop", "yield": "yield"}[script.on_close]
    if step.answer == "pass on":
        raise exc
    if step.answer == "replace":
        raise LookupError("replaced")
    return step.answer


def finish(script: Script) -> None:
    """End a body in its way."""
    if script.ending in KINDS:
        raise KINDS[script.ending]("of the body")


def generator_body(script: Script, seen: Seen) -> Generator[Any, Any, str]:
    """Play a script as a generator."""
    try:
        for step in script.steps:
            try:
                seen.body.append((yield step.value))
            except BaseException as exc:
                decision = answer(step, script, exc, seen)
                if decision == "stop":
                    return "stopped"
                if decision == "yield":
                    yield "refused"
        finish(script)
        return "returned"
    finally:
        seen.body.append("finally")


async def async_generator_body(script: Script, seen: Seen) -> AsyncGenerator[Any, Any]:
    """Play a script as an async generator."""
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


async def coroutine_body(script: Script, seen: Seen) -> str:
    """Play a script as a coroutine that suspends at each step."""
    try:
        for step in script.steps:
            try:
                await Trap()
            except BaseException as exc:
                decision = answer(step, script, exc, seen)
                if decision == "stop":
                    return "stopped"
                if decision == "yield":
                    await Trap()
        finish(script)
        return "returned"
    finally:
        seen.body.append("finally")


class IteratorBody:
    """A script as a stream object: `__next__`, `close`, `with`."""

    def __init__(self, script: Script, seen: Seen) -> None:
        self.inner = generator_body(script, seen)

    def __iter__(self) -> IteratorBody:
        return self

    def __next__(self) -> Any:
        return next(self.inner)

    def close(self) -> None:
        """Close the connection."""
        self.inner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class AsyncIteratorBody:
    """A script as an async stream object."""

    def __init__(self, script: Script, seen: Seen) -> None:
        self.inner = async_generator_body(script, seen)

    def __aiter__(self) -> AsyncIteratorBody:
        return self

    async def __anext__(self) -> Any:
        return await self.inner.__anext__()

    async def close(self) -> None:
        """Close the connection."""
        await self.inner.aclose()


def described(exc: BaseException) -> tuple[Any, ...]:
    """An exception, so that two twins' can be compared."""
    if isinstance(exc, StopIteration):
        return ("stop", exc.value)
    if isinstance(exc, StopAsyncIteration):
        return ("stop", None)
    return ("raise", type(exc), str(exc), type(exc.__cause__), type(exc.__context__))


def outcome_of(job: Callable[[], Any], kind: str = "value") -> tuple[Any, ...]:
    """What a step gave."""
    try:
        return (kind, job())
    except BaseException as exc:
        return described(exc)


def drive(awaitable: Coroutine[Any, Any, Any], disturbance: str | None) -> Any:
    """Drive an awaitable without an event loop, disturbing it where it first suspends."""
    suspended = False
    try:
        while True:
            if suspended and disturbance == "abandon":
                awaitable.close()
                return None
            if suspended and disturbance is not None:
                kind, disturbance = KINDS[disturbance], None
                awaitable.throw(kind("disturbed"))
            else:
                awaitable.send(None)
            suspended = True
    except StopIteration as stop:
        return stop.value


def consume(stream: Any, plan: list[Any], seen: Seen) -> None:
    """Carry out a plan on a sync stream."""
    step = getattr(stream, "send", None)
    for operation, argument in plan:
        if operation == "drop":
            break
        if operation == "close":
            seen.results.append(outcome_of(stream.close, "closed"))
        elif step is None:
            seen.results.append(outcome_of(stream.__next__))
        elif operation == "send":
            seen.results.append(outcome_of(lambda argument=argument: step(argument)))
        else:
            thrown = KINDS[argument]("thrown")
            seen.results.append(outcome_of(lambda thrown=thrown: stream.throw(thrown)))


def aconsume(stream: Any, plan: list[Any], seen: Seen) -> None:
    """Carry out a plan on an async stream, without an event loop."""
    is_generator = hasattr(stream, "asend")
    for operation, argument, disturbance in plan:
        if operation == "drop":
            break
        if operation == "close":
            make: Callable[[], Any] = stream.aclose if is_generator else stream.close
        elif not is_generator:
            make = stream.__anext__
        elif operation == "send":
            make = lambda argument=argument: stream.asend(argument)  # noqa: E731 -- one of several
        else:
            thrown = KINDS[argument]("thrown")
            make = lambda thrown=thrown: stream.athrow(thrown)  # noqa: E731 -- one of several
        kind = "closed" if operation == "close" else "value"
        seen.results.append(outcome_of(lambda make=make, disturbance=disturbance: drive(make(), disturbance), kind))


def cconsume(coroutine: Any, plan: list[Any], seen: Seen) -> None:
    """Carry out a plan on a coroutine."""
    for operation, argument in plan:
        if operation == "drop":
            break
        if operation == "close":
            seen.results.append(outcome_of(coroutine.close, "closed"))
        elif operation == "send":
            seen.results.append(outcome_of(lambda: coroutine.send(None)))
        else:
            thrown = KINDS[argument]("thrown")
            seen.results.append(outcome_of(lambda thrown=thrown: coroutine.throw(thrown)))


def stepped(awaitable: Any, plan: list[Any], seen: Seen) -> None:
    """Step through what `await` steps through."""
    cconsume(awaitable.__await__(), plan, seen)


class Unraisable:
    """Collects what finalisers could not raise."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def __enter__(self) -> None:
        self.hook = sys.unraisablehook
        sys.unraisablehook = lambda args: self.seen.unraisable.append(args.exc_type)

    def __exit__(self, *exc: object) -> None:
        sys.unraisablehook = self.hook
