"""Stands for an object whose class cannot be changed: same protocols, same attributes, same class to `isinstance`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# What an object is to Python itself, and not to those who use it.
_OWN = {
    "__class__",
    "__class_getitem__",
    "__del__",
    "__delattr__",
    "__dict__",
    "__doc__",
    "__getattr__",
    "__getattribute__",
    "__init__",
    "__init_subclass__",
    "__module__",
    "__new__",
    "__setattr__",
    "__slots__",
    "__subclasshook__",
    "__weakref__",
}


def stand_in(target: Any, reader: Any, reader_name: str, methods: dict[str, Callable[[Any], Any]]) -> Any:
    """Make an object that delegates to another one, with some of its methods replaced.

    Args:
        target: What to stand for.
        reader: What the replaced methods tell.
        reader_name: The attribute in which they look for it.
        methods: Makes each replaced method of the one it replaces; only those that the target has.
    """
    namespace: dict[str, Any] = {
        "__slots__": ("__weakref__", reader_name),
        "__class__": property(lambda _self: type(target)),
        "__getattr__": lambda _self, name: getattr(target, name),
        "__setattr__": lambda _self, name, value: setattr(target, name, value),
        "__delattr__": lambda _self, name: delattr(target, name),
    }
    for name in dir(type(target)):
        if name in _OWN or not callable(getattr(type(target), name)):
            continue
        if name in methods:
            namespace[name] = methods[name](_forward(target, name))
        elif name.startswith("__") and name.endswith("__"):
            namespace[name] = _forward(target, name)
    stand: Any = type(type(target).__name__, (), namespace)()
    object.__setattr__(stand, reader_name, reader)
    return stand


def _forward(target: Any, name: str) -> Any:
    method = getattr(type(target), name)

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = method(target, *args, **kwargs)
        return self if result is target else result

    return forward
