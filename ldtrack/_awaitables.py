"""Awaitables that a function returned: tracked until they finish."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from functools import partial
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any

from ldtrack._context import current, leave
from ldtrack._ending import Ending
from ldtrack._observed import reader_of
from ldtrack._run import read_exception
from ldtrack._stand_in import Methods, stand_in

if TYPE_CHECKING:
    from typing import TypeAlias

    from ldtrack._run import Run

    Follow: TypeAlias = Callable[[Run, Any], Any]
    """Tracks what an awaitable gave, and gives it back."""


def follow_coroutine(follow: Follow, run: Run, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
    """Await a coroutine inside its run; a coroutine stays one."""
    followed: Any = _awaited(_Pending(follow, run), _Held(coroutine))
    named: Any = coroutine
    followed.__name__, followed.__qualname__ = named.__name__, named.__qualname__
    return followed  # type: ignore[no-any-return]


def follow_generator_coroutine(follow: Follow, run: Run, generator: Generator[Any, Any, Any]) -> Any:
    """Await a generator that `types.coroutine` made awaitable inside its run; it stays one, too."""
    return _finished_coroutine(_Pending(follow, run), generator)


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
        self._follow = follow
        self._run = run
        self._returned_ns: int | None = clock()

    @contextmanager
    def resumed(self) -> Generator[None, None, None]:
        """Make the run current. Several tasks may wait for the same awaitable, and the first starts the clock."""
        returned_ns, self._returned_ns = self._returned_ns, None
        if returned_ns is not None:
            self._run.resume_clock(returned_ns)
        token = current.set(self._run)
        try:
            yield
        except BaseException as exc:
            self._run.raised(exc)
            raise
        finally:
            leave(current, token)

    def ended(self, result: Any) -> Any:
        """Let the run go on with what came."""
        return self._follow(self._run, result)


class _Held:
    """A coroutine that goes quietly with the one that stands for it, which warns for both if nobody awaits it."""

    __slots__ = ("coroutine",)

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self.coroutine = coroutine

    def __del__(self) -> None:
        if inspect.getcoroutinestate(self.coroutine) == inspect.CORO_CREATED:
            self.coroutine.close()


async def _awaited(pending: _Pending, held: _Held) -> Any:
    with pending.resumed():
        result = await held.coroutine
    return pending.ended(result)


def _finished(pending: _Pending, waiting: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    with pending.resumed():
        result = yield from waiting
    return pending.ended(result)


@types.coroutine
def _finished_coroutine(pending: _Pending, waiting: Generator[Any, Any, Any]) -> Generator[Any, Any, Any]:
    return (yield from _finished(pending, waiting))


def _await(original: Callable[[Any], Generator[Any, Any, Any]]) -> Any:
    def __await__(self: Any) -> Generator[Any, Any, Any]:  # noqa: N807 -- becomes the method of that name
        return _finished(reader_of(self), original(self))

    return __await__


def _aenter(original: Any) -> Any:
    async def __aenter__(self: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        pending: _Pending = reader_of(self)
        with pending.resumed():
            result = await original(self)
        return pending.ended(result)

    return __aenter__


_AWAITABLE_METHODS = Methods({"__await__": _await, "__aenter__": _aenter})


def _end_with(follow: Follow, run: Run, future: Any) -> None:
    if future.cancelled():
        run.end(Ending(_cancellation(future), ended_ns=clock()))
        return
    exc = _exception_of(future)
    if exc is not None:
        run.end(Ending(exc, read_exception(exc, run.plan.site), ended_ns=clock()))
        return
    result = future.result()
    # Whoever awaits the future gets the result itself, not what would stand for it; a coroutine would even be closed.
    if isinstance(result, types.CoroutineType) or follow(run, result) is not result:
        run.end(Ending(ended_ns=clock()))


def _exception_of(future: Any) -> BaseException | None:
    # Asking with `.exception()` would tell asyncio that somebody saw the exception, and silence its warning.
    found = getattr(future, "_exception", _ASK)
    if found is None or isinstance(found, BaseException):
        return found
    return future.exception()  # type: ignore[no-any-return]


_ASK = object()


def _cancellation(future: Any) -> BaseException:
    # An asyncio future has one exception to give, which is for whoever awaits it.
    if hasattr(future, "_make_cancelled_error"):
        return sys.modules["asyncio"].CancelledError()  # type: ignore[no-any-return]
    try:
        future.result()
    except BaseException as exc:  # noqa: BLE001 -- the future's own kind of cancellation
        return exc
    raise AssertionError  # pragma: no cover -- a cancelled future has no result
