"""What `@tracked` makes of generator functions: an object that passes for one.

A real generator function could note nothing at the moment of its call: Python runs none of its code before the
first step. The ambient context and the enclosing run are those of the call, though.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ldtrack._generators import FunctionOpening, drive, drive_async
from ldtrack._names import code_owner

if TYPE_CHECKING:
    from ldtrack._plan import Plan

_COPIED = ("__code__", "__defaults__", "__kwdefaults__", "__globals__", "__closure__", "__type_params__")


class GeneratorFunction:
    """A tracked generator function, or async generator function."""

    # Slots, since `functools.update_wrapper` writes the attributes of what is decorated over those in `__dict__`.
    __slots__ = ("__dict__", "__weakref__", "_drive", "_function", "_plan", "_rebuild")

    __name__: str
    __qualname__: str

    def __init__(
        self, plan: Plan, function: Callable[..., Any], rebuild: Callable[[], tuple[Any, tuple[Any, ...]]]
    ) -> None:
        self._plan = plan
        self._rebuild = rebuild
        self._drive = drive_async if plan.shape == "async generator" else drive
        self._function = function
        owner = code_owner(function)
        for name in _COPIED:  # `inspect` knows a function by these
            if hasattr(owner, name):
                setattr(self, name, getattr(owner, name))

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        """Give the generator; none of the function's code runs before its first step."""
        opening = FunctionOpening(self._plan, self._function, args, kwargs)
        generator: Any = self._drive(opening)
        generator.__name__, generator.__qualname__ = self.__name__, self.__qualname__
        return generator

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind like a function."""
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        return f"<tracked {self._plan.shape} function {self._plan.site}>"

    def __reduce_ex__(self, _protocol: Any) -> Any:
        """Travel by name; with cloudpickle by value, where it takes functions by value."""
        by_value = self.__module__ == "__main__" or "<locals>" in self.__qualname__
        if by_value and _is_pickled_by_value():
            return self._rebuild()
        return self.__qualname__


def _is_pickled_by_value() -> bool:
    """Whether cloudpickle, or a vendored copy of it, is at work: nothing else tells the picklers apart."""
    frame: types.FrameType | None = sys._getframe(2)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] -- as `inspect` does
    while frame is not None and frame.f_globals.get("__name__") == "pickle":  # the pickler in pure Python
        frame = frame.f_back
    return frame is not None and "cloudpickle" in frame.f_globals.get("__name__", "")
