"""Delivery before a handler returns: its process may be frozen, or ended without a word, right after that."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar, cast, overload

from ldtrack._checks import check_timeout
from ldtrack._delivery.flushing import aflush, flush
from ldtrack._log import warn_once
from ldtrack._names import name_of

P = ParamSpec("P")
T = TypeVar("T")

_TIMEOUT = 5.0


class delivered:  # noqa: N801 -- reads as a verb: `with delivered(2.0):`
    """Deliver what is pending before a block is left, also when it raises; works with `with` and `async with`.

    What has not arrived in time is logged, and stays pending. A block that is cancelled is left after the delivery.

    Args:
        timeout: Seconds to wait at most; None waits as long as the SDK tries.

    Raises:
        TypeError: The timeout is no number.
    """

    def __init__(self, timeout: float | None = _TIMEOUT) -> None:
        check_timeout(timeout)
        self._timeout = timeout

    def __enter__(self) -> None: ...

    def __exit__(self, *_exc: object) -> None:
        _tell(confirmed=flush(self._timeout))

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_exc: object) -> None:
        import anyio

        with anyio.CancelScope(shield=True):
            _tell(confirmed=await aflush(self._timeout))


@overload
def delivers(function: Callable[P, T], /) -> Callable[P, T]: ...
@overload
def delivers(*, timeout: float | None = _TIMEOUT) -> Callable[[Callable[P, T]], Callable[P, T]]: ...
def delivers(function: Any = None, /, *, timeout: float | None = _TIMEOUT) -> Any:
    """Deliver what is pending before each call of a function returns, or raises: `@delivers`, `@delivers(timeout=2.0)`.

    For handlers in serverless functions, and for tasks of engines that end their workers without any exit hook (Ray,
    `multiprocessing.Pool` as a context manager). Works for plain and for coroutine functions.

    Args:
        function: The handler.
        timeout: As for `delivered`.

    Raises:
        TypeError: What it decorates is no function that returns, or the timeout is no number.
    """
    check_timeout(timeout)
    if function is None:
        return functools.partial(_delivers, timeout=timeout)
    return _delivers(function, timeout=timeout)


def _delivers(function: Callable[..., Any], *, timeout: float | None) -> Callable[..., Any]:
    _check_function(function)
    if _is_async(function):
        return _delivers_async(cast("Callable[..., Awaitable[Any]]", function), timeout)

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        with delivered(timeout):
            return function(*args, **kwargs)

    return call


def _delivers_async(function: Callable[..., Awaitable[Any]], timeout: float | None) -> Callable[..., Any]:
    @functools.wraps(function)
    async def call(*args: Any, **kwargs: Any) -> Any:
        async with delivered(timeout):
            return await function(*args, **kwargs)

    return call


def _is_async(function: Any) -> bool:
    called: Any = type(function).__call__
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(called)


def _check_function(function: Any) -> None:
    if inspect.isclass(function) or not callable(function):
        msg = f"@delivers decorates a function, not {name_of(function)}: write @delivers, or @delivers(timeout=2.0)"
        raise TypeError(msg)
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        msg = f"@delivers needs a function that returns, and {name_of(function)} yields: put `with delivered():` inside"
        raise TypeError(msg)


def _tell(*, confirmed: bool) -> None:
    if not confirmed:
        warn_once("delivery", "in time", "not everything was delivered in time; ldtrack.delivery_stats() tells more")
