"""Which extractor reads what: users' registrations first, then those of entry points, then the built-in ones."""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import typing
from collections.abc import Callable
from typing import Any, TypeVar, overload

from ldtrack._entry_points import EntryPoints, source
from ldtrack._metrics import Extractor, StreamExtractorFactory
from ldtrack._names import name_of
from ldtrack._registration import (
    BUILT_IN,
    USER,
    Key,
    Kind,
    Registration,
    check_extractor,
    check_factory,
    check_key,
    package_of,
)
from ldtrack._table import Mark, Table
from ldtrack.extractors import PACKAGES, WATCHING

_E = TypeVar("_E", bound=Extractor)
_F = TypeVar("_F", bound=StreamExtractorFactory)

_tables: dict[Kind, Table] = {}
_entry_points = EntryPoints()
_loaded: set[str] = set()
_unapplied: dict[int, str] = {}
"""The keys of decorators that were never applied: `@register_extractor` without its key takes the extractor for one."""
_lock = threading.RLock()
_NEAR = 0.8


@overload
def register_extractor(key: Key) -> Callable[[_E], _E]: ...
@overload
def register_extractor(key: Key, extractor: _E) -> _E: ...
def register_extractor(key: Key, extractor: Any = None) -> Any:
    """Say how responses of a type are read; as a decorator, or called with the extractor.

    The latest registration of a type wins, a subclass's over its parent's, and yours over a built-in one.

    Args:
        key: A class; a dotted name such as "anthropic.types.Message", so that nothing is imported (matched by the
            top-level package and the class's own name); or a predicate for plain dicts. Predicates are asked for
            each object of a type that no class or name matches, newest first; one that raises does not match.
        extractor: A plain function from the response to `LDAIMetrics`, or to None where it tells nothing.

    Raises:
        TypeError: The key or the extractor is of the wrong kind.
        ValueError: The key is a string, but no dotted name.
    """
    return _register("response", key, extractor, check_extractor)


@overload
def register_stream_extractor(key: Key) -> Callable[[_F], _F]: ...
@overload
def register_stream_extractor(key: Key, factory: _F) -> _F: ...
def register_stream_extractor(key: Key, factory: Any = None) -> Any:
    """Say how streams of a chunk type are read. Same as `register_extractor`, but for the chunks' type.

    Args:
        key: As in `register_extractor`. Several chunk types with one factory share one extractor per stream.
        factory: A class, or a function without arguments. It makes an object with `feed(chunk)`, which returns
            True when the chunk carried model output; with `result()`, which returns `LDAIMetrics` or None; and,
            where the provider sends a terminal marker, with `complete`.

    Raises:
        TypeError: The key or the factory is of the wrong kind.
        ValueError: The key is a string, but no dotted name.
    """
    return _register("chunk", key, factory, check_factory)


def unregister(key: Key) -> None:
    """Take back the registrations of a key that were made by hand. For tests."""
    with _lock:
        for table in _tables.values():
            table.remove(key)


def extractor_for(type_or_object: Any) -> Extractor | None:
    """The extractor that reads responses of a type, or this very object; None where there is none."""
    registration = _lookup("response", type_or_object)
    return registration.extractor if registration else None


def stream_extractor_for(type_or_object: Any) -> StreamExtractorFactory | None:
    """The factory of the stream extractors for chunks of a type, or like this one; None where there is none."""
    registration = _lookup("chunk", type_or_object)
    return registration.extractor if registration else None


def registered() -> list[Registration]:
    """Everything that the registry knows, in the order in which it wins at one type."""
    from ldtrack.extractors import containers, plain

    _load_all()
    with _lock:
        entries = sorted((entry for table in _tables.values() for entry in table.entries()), reverse=True)
    return [
        *(entry.registration for entry in entries),
        *(shape for _, shape in plain.SHAPES),
        *containers.SHAPES,
        plain.CHUNKS,
    ]


def unapplied() -> str:
    """The names of what was given to `register_extractor` alone, with no extractor after it."""
    return ", ".join(sorted(set(_unapplied.values())))


def near_misses(cls: type[Any], kind: Kind) -> str:
    """The dotted names that may be meant for a class, and miss it: misspelt, or below another package."""
    from difflib import SequenceMatcher

    package, own = package_of(str(cls.__module__)), cls.__name__

    def is_near(name: str) -> bool:
        last = name.rpartition(".")[2]
        return last == own or (package_of(name) == package and SequenceMatcher(None, last, own).ratio() >= _NEAR)

    with _lock:
        known = [entry.registration for entry in _tables[kind].entries()]
    keys = [one.key for one in known if one.source != BUILT_IN]
    return ", ".join(sorted(key for key in keys if isinstance(key, str) and is_near(key)))


def is_registered_by_hand(cls: type[Any], kind: Kind) -> bool:
    """Whether the user registered a class."""
    registration = _lookup(kind, cls)
    return registration is not None and registration.source == USER


def find(value: Any) -> Registration | None:
    """What reads this response."""
    return _responses.find(value)


def built_in_of(cls: type[Any]) -> Extractor | None:
    """The built-in extractor for all objects of a class; None where there is another, or each may have its own."""
    found = _responses.of_type(cls)
    return found.extractor if isinstance(found, Registration) and found.source == BUILT_IN else None


def when_responses_change(callback: Callable[[], None]) -> None:
    """Have a function called after every change of what reads responses."""
    _responses.when_changed = callback


def find_chunk(chunk: Any) -> Registration | None:
    """What reads the stream that this chunk is of; for a dict, None means that a later one may still be known."""
    return _chunks.find(chunk)


def find_stream(cls: type[Any]) -> Registration | None:
    """What is known of the streams of a class: the methods that give its chunks, and what reads it at its end."""
    return _lookup("stream", cls)


def find_manager(cls: type[Any]) -> Registration | None:
    """Whether objects of this class become a stream when they are entered."""
    return _lookup("manager", cls)


def find_exception(exc: BaseException) -> Registration | None:
    """What reads the tokens that an exception carries."""
    return _tables["exception"].find(exc)


def find_for_annotation(annotation: Any, kind: Kind = "response") -> Registration | None:
    """What will read values of an annotated type: a class, or its name as written in a string annotation.

    A name without its package is found where only one known class is called so.
    """
    if not isinstance(annotation, str):
        annotation = _plain_class(annotation)
        return _lookup(kind, annotation) if isinstance(annotation, type) else None
    _load_all()
    return _tables[kind].by_name(annotation.partition("[")[0].strip())


def load_watching() -> None:
    """Load what has to be there before the calls that it reads, if its provider's package is."""
    for package in WATCHING & sys.modules.keys():
        _load_provider(PACKAGES[package])


def _register(kind: Kind, key: Any, extractor: Any, check: Callable[[Any], None]) -> Any:
    check_key(key)

    def register(extractor: Any) -> Any:
        check(extractor)
        _unapplied.pop(id(register), None)
        with _lock:
            _tables[kind].add(Registration(key, kind, extractor, source.get() or USER))
        return extractor

    if extractor is not None:
        return register(extractor)
    _unapplied[id(register)] = name_of(key) if callable(key) else key
    return register


def _lookup(kind: Kind, type_or_object: Any) -> Registration | None:
    table, cls = _tables[kind], _plain_class(type_or_object)
    if not isinstance(cls, type):
        return table.find(type_or_object)
    answer = table.of_type(cls)
    return None if isinstance(answer, Mark) else answer


def _plain_class(value: Any) -> Any:
    """The class behind an alias such as `Reply[int]`, which Python 3.10 takes for a class; else the value itself."""
    return typing.get_origin(value) or value


def _load_for(cls: type[Any]) -> None:
    _entry_points.load()
    for base in cls.__mro__:
        _load_provider(PACKAGES.get(package_of(str(base.__module__))))


def _load_all() -> None:
    _entry_points.load()
    for module in PACKAGES.values():
        _load_provider(module)


def _load_provider(module: str | None) -> None:
    with _lock:
        if module is None or module in _loaded:
            return
        provider = importlib.import_module(f"ldtrack.extractors.{module}").PROVIDER
        for registration in provider.registrations():
            _tables[registration.kind].add(registration)
        _loaded.add(module)


def _response_shape(value: Any) -> Registration | None:
    shape: Registration | None = _containers().response_shape(value)
    return shape


def _chunk_shape(chunk: Any) -> Registration | None:
    shape: Registration | None = _containers().chunk_shape(chunk)
    return shape


@functools.cache
def _containers() -> Any:
    return importlib.import_module("ldtrack.extractors.containers")


_responses = _tables["response"] = Table(_load_for, _response_shape)
_chunks = _tables["chunk"] = Table(_load_for, _chunk_shape)
_tables["stream"] = Table(_load_for)
_tables["manager"] = Table(_load_for)
_tables["exception"] = Table(_load_for)
