"""Stands for an object whose class cannot be changed: same protocols, same attributes, same class to `isinstance`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ldtrack._stream_types import lives_on

Method: TypeAlias = Callable[..., Any]

READER = "_ldtrack_reader"
TARGET = "_ldtrack_target"

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


class Methods:
    """Which methods of an object are replaced, and the classes that were made for it so far."""

    def __init__(self, replaced: dict[str, Callable[[Method], Method]]) -> None:
        self.replaced = replaced
        """Makes each replaced method of the one it replaces; only those that a class has."""
        self.subclasses: dict[type, type] = {}
        self.stand_ins: dict[type, type] = {}


def stand_in(target: object, reader: Any, methods: Methods) -> Any:
    """Make an object that delegates to another one, with some of its methods replaced.

    Args:
        target: What to stand for.
        reader: What the replaced methods tell; they find it in `_ldtrack_reader`.
        methods: Which methods are replaced.
    """
    kind = type(target)
    cls = methods.stand_ins.get(kind)
    if cls is None:
        cls = _class_for(kind, methods)
        if lives_on(kind):
            methods.stand_ins[kind] = cls
    stand = cls()
    object.__setattr__(stand, TARGET, target)
    object.__setattr__(stand, READER, reader)
    return stand


def _class_for(kind: type[Any], methods: Methods) -> type[Any]:
    namespace: dict[str, Any] = {
        "__slots__": ("__weakref__", READER, TARGET),
        "__class__": property(_class_of),
        "__getattr__": _get,
        "__setattr__": _set,
        "__delattr__": _delete,
    }
    for name in dir(kind):
        if name in _OWN or not callable(getattr(kind, name)):
            continue
        if name in methods.replaced:
            namespace[name] = methods.replaced[name](_forward(kind, name))
        elif name.startswith("__") and name.endswith("__"):
            namespace[name] = _forward(kind, name)
    return type(kind.__name__, (), namespace)


def _target(stand: Any) -> Any:
    return object.__getattribute__(stand, TARGET)


def _class_of(stand: Any) -> Any:
    return _target(stand).__class__


def _get(stand: Any, name: str) -> Any:
    return getattr(_target(stand), name)


def _set(stand: Any, name: str, value: Any) -> None:
    setattr(_target(stand), name, value)


def _delete(stand: Any, name: str) -> None:
    delattr(_target(stand), name)


def _forward(kind: Any, name: str) -> Any:
    method = getattr(kind, name)
    own: Any = object.__getattribute__

    def forward(stand: Any, *args: Any, **kwargs: Any) -> Any:
        target = own(stand, TARGET)
        result = method(target, *args, **kwargs)
        return stand if result is target else result

    return forward
