"""Carrying the current run into a thread pool's job."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from typing_extensions import ParamSpec

from ldtrack._moment import Moment

P = ParamSpec("P")
R = TypeVar("R")


def bind_run(function: Callable[P, R]) -> Callable[P, R]:
    """Give a function that runs with the run and the LaunchDarkly context of this moment, in whatever thread.

    Use it as `pool.submit(bind_run(job), ...)`; `asyncio.to_thread` and anyio's threads need no help.

    Raises:
        TypeError: It is not callable.
    """
    if not callable(function):
        msg = f"bind_run takes a function, not {function!r}"
        raise TypeError(msg)
    moment = Moment()
    if inspect.iscoroutinefunction(function):
        bound_async: Callable[P, R] = _bound_coroutine_function(moment, function)
        return bound_async

    @functools.wraps(function)
    def bound(*args: P.args, **kwargs: P.kwargs) -> R:
        with moment.entered():
            return function(*args, **kwargs)

    return bound


def _bound_coroutine_function(moment: Moment, function: Callable[..., Any]) -> Any:
    @functools.wraps(function)
    async def bound(*args: Any, **kwargs: Any) -> Any:
        with moment.entered():
            return await function(*args, **kwargs)

    return bound
