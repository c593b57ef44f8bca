"""Awaitables that a function returned: tracked until they finish."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from functools import partial
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any

from ldtrack._context import current, leave
from ldtrack._ending import Ending
from ldtrack._run import read_exception
from ldtrack._stand_in import READER, Methods, stand_in

if TYPE_CHECKING:
    from typing import TypeAlias

    from ldtrack._run import Run

    Follow: TypeAlias = Callable[[Run, Any], Any]
    """Tracks what an awaitable gave, and gives it back."""


def follow_coroutine(follow: Follow, run: Run, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
    """Await a coroutine inside its run; a coroutine stays one."""
    followed: Any = _awaited(follow, run, _Held(coroutine), clock())
    named: Any = coroutine
    followed.__name__, followed.__qualname__ = named.__name__, named.__qualname__
    return followed  # type: ignore[no-any-return]


async def _awaited(follow: Follow, run: Run, held: _Held, returned_ns: int) -> Any:
    run.resume_clock(returned_ns)
    with run:
        result = await held.coroutine
    return follow(run, result)


class _Held:
    """A coroutine that goes quietly with the one that stands for it, which warns for both if nobody awaits it."""

    __slots__ = ("coroutine",)

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.coroutine = coroutine

    def __del__(self) -> None:
        if inspect.getcoroutinestate(self.coroutine) == inspect.CORO_CREATED:
            self.coroutine.close()


def follow_future(follow: Follow, run: Run, future: Any) -> Any:
    """End the run when a future or task is done; it is given back itself."""
    future.add_done_callback(partial(_end_with, follow, run))
    return future


def follow_awaitable(follow: Follow, run: Run, awaitable: Any) -> Any:
    """Let what any other awaitable gives end the run, whether it is awaited or entered (`async with`)."""
    return stand_in(awaitable, _Pending(follow, run), _AWAITABLE_METHODS)


class _Pending:
    """A run that waits for what an awaitable gives."""

    def __init__(self, follow: Follow, run: Run) -> None:
        self.follow = follow
        self.run = run
        self._returned_ns = clock()

    @contextmanager
    def resumed(self) -> Generator[None, None, None]:
        """Make the run current; several tasks may wait for the same awaitable."""
        self.run.resume_clock(self._returned_ns)
        token = current.set(self.run)
        try:
            yield
        except BaseException as exc:
            self.run.raised(exc)
            raise
        finally:
            leave(current, token)


def _await(original: Callable[[Any], Generator[Any, Any, Any]]) -> Any:
    def __await__(self: Any) -> Generator[Any, Any, Any]:  # noqa: N807 -- becomes the method of that name
        pending: _Pending = object.__getattribute__(self, READER)
        with pending.resumed():
            result = yield from original(self)
        return pending.follow(pending.run, result)

    return __await__


def _aenter(original: Any) -> Any:
    async def __aenter__(self: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        pending: _Pending = object.__getattribute__(self, READER)
        with pending.resumed():
            result = await original(self)
        return pending.follow(pending.run, result)

    return __aenter__


_AWAITABLE_METHODS: Methods = {"__await__": _await, "__aenter__": _aenter}


def _end_with(follow: Follow, run: Run, future: Any) -> None:
    if future.cancelled():
        run.end(Ending(_cancellation(future), ended_ns=clock()))
        return
    exc = _exception_of(future)
    if exc is not None:
        run.end(Ending(exc, read_exception(exc, run.plan.site), ended_ns=clock()))
    elif isinstance(future.result(), (types.GeneratorType, types.AsyncGeneratorType)):
        run.end(Ending(ended_ns=clock()))  # whoever awaits the future gets the generator itself: we cannot drive it
    else:
        follow(run, future.result())


def _exception_of(future: Any) -> BaseException | None:
    # Asking with `.exception()` would tell asyncio that somebody saw the exception, and silence its warning.
    found: BaseException | None = future._exception if hasattr(future, "_exception") else future.exception()  # noqa: SLF001 -- see above
    return found


def _cancellation(future: Any) -> BaseException:
    try:
        future.result()
    except BaseException as exc:  # noqa: BLE001 -- the future's own kind of cancellation
        return exc
    raise AssertionError  # pragma: no cover -- a cancelled future has no result
