"""The wrappers of plain and async functions.

A wrapper refers to functions, and to its own plan, so that it can travel to another process by value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ldtrack._results import follow
from ldtrack._run import Run
from ldtrack._start import begin, filled, forget_if_never_called

if TYPE_CHECKING:
    from ldtrack._plan import Plan


def sync_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Track a plain function, whatever it returns."""
    call = filled(plan, function)

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = begin(plan, function, args, kwargs)
        if not isinstance(run, Run):
            return run(*args, **kwargs)
        with run:
            try:
                result = call(*args, **kwargs)
            except TypeError as exc:
                forget_if_never_called(run, exc, args, kwargs)
                raise
        return follow(run, result)

    return wrapper


def async_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Track a coroutine function, whatever it returns."""
    call = filled(plan, function)

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run = begin(plan, function, args, kwargs)
        if not isinstance(run, Run):
            return await run(*args, **kwargs)
        with run:
            try:
                result = await call(*args, **kwargs)
            except TypeError as exc:
                forget_if_never_called(run, exc, args, kwargs)
                raise
        return follow(run, result)

    return wrapper
