"""What functions and classes are called, and the Python function behind a callable."""

from __future__ import annotations

import functools
import inspect
from typing import Any, cast


def name_of(value: Any) -> str:
    """The dotted name of a class or function, or of an object's class; that of a partial's function."""
    value = _whole(value)
    named: Any = value if hasattr(value, "__qualname__") else cast("object", value).__class__
    parts = getattr(named, "__module__", None), named.__qualname__  # methods of built-in classes have no module
    return ".".join(filter(None, parts))


def code_owner(function: Any) -> Any:
    """The function in Python that a callable comes down to: of a partial, a decorated one, a method, an object."""
    function = inspect.unwrap(_whole(function))
    if not hasattr(function, "__code__"):
        function = getattr(function, "__func__", type(function).__call__)
    return getattr(function, "__func__", function)


def _whole(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    return function
