"""Awaitables that a function returned: tracked until they finish."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any

from ldtrack._ending import Ending
from ldtrack._run import read_exception

if TYPE_CHECKING:
    from typing import TypeAlias

    from ldtrack._run import Run

    Follow: TypeAlias = Callable[[Run, Any], Any]
    """Tracks what an awaitable gave, and gives it back."""


def follow_coroutine(follow: Follow, run: Run, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
    """Await a coroutine inside its run; a coroutine stays one."""
    followed: Any = _awaited(follow, run, coroutine, clock())
    named: Any = coroutine
    followed.__name__, followed.__qualname__ = named.__name__, named.__qualname__
    return followed  # type: ignore[no-any-return]


async def _awaited(follow: Follow, run: Run, coroutine: Coroutine[Any, Any, Any], returned_ns: int) -> Any:
    run.resume_clock(returned_ns)
    with run:
        result = await coroutine
    return follow(run, result)


def follow_future(follow: Follow, run: Run, future: Any) -> Any:
    """End the run when a future or task is done; it is given back itself."""
    future.add_done_callback(lambda done: _end_with(follow, run, done))
    return future


class FollowedAwaitable:
    """Stands for any other awaitable: what it gives when awaited ends the run."""

    __slots__ = ("_awaitable", "_follow", "_returned_ns", "_run")

    def __init__(self, follow: Follow, run: Run, awaitable: Any) -> None:
        self._follow = follow
        self._run = run
        self._awaitable = awaitable
        self._returned_ns = clock()

    def __await__(self) -> Generator[Any, Any, Any]:
        self._run.resume_clock(self._returned_ns)
        with self._run:
            result = yield from self._awaitable.__await__()
        return self._follow(self._run, result)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._awaitable, name)

    @property  # type: ignore[misc]  # it passes for what it stands for
    def __class__(self) -> Any:
        return type(self._awaitable)


def _end_with(follow: Follow, run: Run, future: Any) -> None:
    if future.cancelled():
        run.end(Ending(_cancellation(future), ended_ns=clock()))
        return
    exc = _exception_of(future)
    if exc is not None:
        run.end(Ending(exc, read_exception(exc, run.plan.site), ended_ns=clock()))
    else:
        follow(run, future.result())


def _exception_of(future: Any) -> BaseException | None:
    # Asking with `.exception()` would tell asyncio that somebody saw the exception, and silence its warning.
    if hasattr(future, "_exception"):
        found: BaseException | None = future._exception  # noqa: SLF001
        return found
    found = future.exception()
    return found


def _cancellation(future: Any) -> BaseException:
    try:
        future.result()
    except BaseException as exc:  # noqa: BLE001 -- the future's own kind of cancellation
        return exc
    raise AssertionError  # pragma: no cover -- a cancelled future has no result
