"""The wrappers of plain and async functions.

A wrapper refers to functions, and to its own plan, so that it can travel to another process by value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ldtrack._results import follow
from ldtrack._start import begin

if TYPE_CHECKING:
    from ldtrack._plan import Plan


def sync_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Track a plain function, whatever it returns."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        run, call, args, kwargs = begin(plan, function, args, kwargs)
        if run is None:
            return call(*args, **kwargs)
        with run:
            result = call(*args, **kwargs)
        return follow(run, result)

    return wrapper


def async_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Track a coroutine function, whatever it returns."""

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run, call, args, kwargs = begin(plan, function, args, kwargs)
        if run is None:
            return await call(*args, **kwargs)
        with run:
            result = await call(*args, **kwargs)
        return follow(run, result)

    return wrapper
