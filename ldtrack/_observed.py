"""Objects that are observed in place: they get a subclass of their own class, some methods of which tell a reader.

Where Python forbids that (iterators written in C, slots), a stand-in with the same protocols delegates to the object.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ldtrack._stand_in import READER, Method, Methods, stand_in
from ldtrack._stream_types import lives_on

# The object's own, also where its class has others that go to what it stands for.
_get: Any = object.__getattribute__
_set: Any = object.__setattr__
_set_class: Any = object.__dict__["__class__"].__set__


def observe(target: object, reader: Any, methods: Methods) -> Any:
    """Let an object tell a reader what is done with it; gives the object, or what stands for it."""
    known = reader_of(target)
    if known is reader:
        return target
    try:
        if known is None:
            kind: Any = type(target)
            cls = methods.subclasses.get(kind) or _subclass(kind, methods)
            _set(target, READER, reader)
            _set_class(target, cls)
            _replace_shadowing(target, methods)
            return target
    except Exception:  # noqa: BLE001, S110 -- no attributes, or a class that does not want to be derived from
        pass
    return stand_in(target, reader, methods)


def reader_of(target: object) -> Any:
    """What an object tells; None for one that is not observed, such as a copy of one that is."""
    try:
        return _get(target, READER)
    except AttributeError:
        return None


def _replace_shadowing(target: Any, methods: Methods) -> None:
    """Replace the methods that an object has of its own, which go before those of its class."""
    for name in methods.replaced.keys() & getattr(target, "__dict__", {}).keys():
        original: Any = target.__dict__[name]
        if callable(original):
            setattr(target, name, partial(methods.replaced[name](_unbound(original)), target))


def _unbound(original: Any) -> Method:
    def method(_self: object, *args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    return method


def _subclass(kind: Any, methods: Methods) -> Any:
    namespace: dict[str, Any] = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "__reduce_ex__": _reduced_as(kind),
    }
    if not any("__class__" in vars(base) for base in kind.__mro__[:-1]):
        namespace["__class__"] = property(lambda _self: kind)
    for name, replaced in methods.replaced.items():
        original: Any = getattr(kind, name, None)
        if isinstance(original, property) and original.fget is not None:
            namespace[name] = original.getter(replaced(original.fget))
        elif callable(original):
            namespace[name] = replaced(original)
    observed: Any = type(kind)(kind.__name__, (kind,), namespace)
    if lives_on(kind):
        methods.subclasses[kind] = observed
    return observed


def _reduced_as(kind: Any) -> Any:
    def __reduce_ex__(self: object, protocol: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        """Copies and pickles are of the object's own class, and nobody observes them."""
        reduced: Any = kind.__reduce_ex__(self, protocol)
        return _as_it_was(reduced, type(self), kind)

    return __reduce_ex__


def _as_it_was(part: Any, observed: object, kind: object) -> Any:
    """What an object was taken apart into, without a trace of its reader."""
    if part is observed:
        return kind
    made = part.__class__
    if made is tuple:
        return tuple([_as_it_was(inner, observed, kind) for inner in part])
    if made is dict and READER in part:
        return {name: value for name, value in part.items() if name != READER}
    return part
