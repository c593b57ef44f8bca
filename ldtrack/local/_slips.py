"""Errors in configs: each says where the slip is."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, cast


@contextmanager
def within(place: str) -> Generator[None]:
    """Put the place before the text of a ValueError that is raised inside."""
    try:
        yield
    except ValueError as exc:
        raise ValueError(f"{place}: {exc}") from None


def mapping(value: Any, example: str) -> Mapping[str, Any]:
    """Return the value, if it is a mapping."""
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    raise ValueError(f"must be a mapping such as {example}, not {_named(value)}")


def filled_list(value: Any, example: str) -> list[Any]:
    """Return the value, if it is a list with something in it."""
    if isinstance(value, list | tuple) and value:
        return list(cast("list[Any]", value))
    raise ValueError(f"must be a list such as {example}, not {_named(value)}")


def known_keys(value: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse keys that nobody reads, which are misspelt more often than not."""
    unknown = [key for key in value if key not in known]
    if unknown:
        raise ValueError(f"nothing reads {listed(unknown)}; there are {listed(known)}{meant(unknown, known)}")


def misspelt_keys(value: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse unknown keys that look very much like known ones; others may be new."""
    known_keys({key: None for key in value if get_close_matches(key, known, cutoff=0.85)}, known)


def index_of(name: Any, names: list[str]) -> int:
    """Find a variation by its name."""
    if name in names:
        return names.index(name)
    raise ValueError(f"there is no variation {name!r}; there are {listed(names)}")


def listed(names: Collection[Any]) -> str:
    """Names in quotes, with commas."""
    return ", ".join(map(repr, names))


def meant(unknown: Collection[str], known: Collection[str]) -> str:
    """Ask whether known names were meant that are like unknown ones; nothing where there are none."""
    similar = [match for key in unknown for match in get_close_matches(str(key), known, n=1)]
    return f"; did you mean {listed(similar)}?" if similar else ""


def _named(value: Any) -> str:
    return "an empty list" if value in ([], ()) else f"{type(value).__name__}"
