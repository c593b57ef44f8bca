"""A table of registrations of one kind, and what was found in it."""

from __future__ import annotations

import enum
import itertools
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from ldtrack._log import logger, warn_once
from ldtrack._registration import BUILT_IN, USER, Key, Registration, package_of

_serial = itertools.count()
_SHAPELESS = (str, bytes, bytearray, int, float, complex, type(None))
"""What carries nothing."""


class Mark(enum.Enum):
    """What is known of a type for which no class or name is registered."""

    UNSEEN = "not looked up yet"
    OPEN = "predicates decide for each object"


class Entry(NamedTuple):
    """A registration and its place: the larger of two wins at one type."""

    rank: int
    serial: int
    registration: Registration


Answer: TypeAlias = Registration | Mark | None


class Table:
    """Finds the registration for an object by its class, by its class's name, or by a predicate.

    Answers are remembered per type, without keeping the type alive.

    Args:
        load: Called with a type that nobody registered by hand, to load what may know it.
        shapes: Finds a registration for an object of an unknown class by what it carries: a mapping by its keys.
    """

    def __init__(
        self, load: Callable[[type[Any]], None], shapes: Callable[[Any], Registration | None] | None = None
    ) -> None:
        self._load = load
        self._shapes = shapes
        self._keyed: dict[Any, list[Entry]] = {}
        self._predicates: list[Entry] = []
        self._found: WeakKeyDictionary[type[Any], Answer] = WeakKeyDictionary()
        self.when_changed: Callable[[], None] = _nobody
        """Called after every change, for one who remembers answers himself."""

    def add(self, registration: Registration) -> None:
        """Take a registration in, and forget what was found without it."""
        entry = Entry(_rank(registration.source), next(_serial), registration)
        place = _place(registration.key)
        if place is None:
            self._predicates = sorted([*self._predicates, entry], reverse=True)
        else:
            self._keyed[place] = [*self._keyed.get(place, ()), entry]
        self._forget()

    def remove(self, key: Key) -> None:
        """Drop the user's registrations of a key."""
        place = _place(key)
        if place is None:
            self._predicates = _without(key, self._predicates)
        else:
            self._keyed[place] = _without(key, self._keyed.get(place, []))
        self._forget()

    def entries(self) -> Iterator[Entry]:
        """All registrations."""
        yield from self._predicates
        for entries in self._keyed.values():
            yield from entries

    def find(self, value: Any) -> Registration | None:
        """The registration for an object."""
        cls: type[Any] = type(value)  # pyright: ignore[reportUnknownVariableType]
        answer = self._found.get(cls, Mark.UNSEEN)
        if answer is Mark.UNSEEN:
            answer = self._resolve(cls)
        return self._by_predicate(value) if isinstance(answer, Mark) else answer

    def of_type(self, cls: type[Any]) -> Answer:
        """The registration for all objects of a class, `Mark.OPEN` where each may have another, or None."""
        answer = self._found.get(cls, Mark.UNSEEN)
        return self._resolve(cls) if answer is Mark.UNSEEN else answer

    def by_name(self, name: str) -> Registration | None:
        """The registration that a name stands for; with its package if that is known, else by its last part."""
        last = name.rpartition(".")[2]
        named = [entry for entries in self._keyed.values() for entry in entries if _resembles(entry, last)]
        exact = [entry for entry in named if package_of(entry.registration.name) == package_of(name)]
        candidates = exact or named
        if len({entry.registration.extractor for entry in candidates}) != 1:
            return None
        return max(candidates).registration

    def _forget(self) -> None:
        self._found = WeakKeyDictionary()
        self.when_changed()

    def _resolve(self, cls: type[Any]) -> Answer:
        own = self._best(cls)
        if own is None or own.source != USER:
            self._load(cls)
        found = self._found  # a registration made from here on starts another one, and this answer is lost
        answer: Answer = next(filter(None, map(self._best, cls.__mro__)), None)
        if answer is None and (self._predicates or (self._shapes and not issubclass(cls, _SHAPELESS))):
            answer = Mark.OPEN
        found[cls] = answer
        return answer

    def _best(self, cls: type[Any]) -> Registration | None:
        package, name = package_of(str(cls.__module__)), cls.__qualname__
        entries = [
            *self._keyed.get(cls, ()),
            *(entry for entry in self._keyed.get((package, name.rpartition(".")[2]), ()) if _ends(entry, name)),
            *(entry for entry in self._keyed.get((package, "*"), ()) if _resembles(entry, name)),
        ]
        return max(entries).registration if entries else None

    def _by_predicate(self, value: Any) -> Registration | None:
        for entry in self._predicates:
            if _matches(entry.registration, value):
                return entry.registration
        return self._shapes(value) if self._shapes else None


def _nobody() -> None:
    """Remember nothing."""


def _rank(source: str) -> int:
    return {USER: 2, BUILT_IN: 0}.get(source, 1)


def _place(key: Key) -> Any:
    """Where a key is filed: under the class, or under package and name; None for a predicate."""
    if not isinstance(key, str):
        return key if isinstance(key, type) else None
    last = key.rpartition(".")[2]
    return package_of(key), "*" if "*" in last else last


def _without(key: Key, entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.registration.source != USER or entry.registration.key != key]


def _ends(entry: Entry, name: str) -> bool:
    return entry.registration.name.endswith(f".{name}")


def _resembles(entry: Entry, name: str) -> bool:
    return fnmatchcase(name, entry.registration.name.rpartition(".")[2])


def _matches(registration: Registration, value: Any) -> bool:
    predicate: Any = registration.key
    try:
        return bool(predicate(value))
    except Exception as exc:  # noqa: BLE001 -- a predicate that fails does not match
        if isinstance(value, Mapping):
            warn_once("predicate", registration.name, "predicate %s failed on a dict", registration.name, exc=exc)
        else:  # predicates are made for dicts: no wonder
            logger.debug("predicate %s failed on a %s", registration.name, type(value).__name__)
        return False
