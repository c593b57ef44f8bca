"""The wrappers of plain and async functions.

A wrapper refers to functions, and to its own plan, so that it can travel to another process by value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ldtrack._start import begin

if TYPE_CHECKING:
    from ldtrack._plan import Plan


def sync_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Track a plain function, whatever it returns."""

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        run, args, kwargs = begin(plan, args, kwargs)
        if run is None:
            return plan.fallback(*args, **kwargs)  # type: ignore[misc]  # None only where there is a fallback
        with run:
            result = function(*args, **kwargs)
        return run.returned(result)

    return wrapper


def async_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Track a coroutine function, whatever it returns."""

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run, args, kwargs = begin(plan, args, kwargs)
        if run is None:
            return await plan.fallback(*args, **kwargs)  # type: ignore[misc]  # None only where there is a fallback
        with run:
            result = await function(*args, **kwargs)
        return run.returned(result)

    return wrapper
