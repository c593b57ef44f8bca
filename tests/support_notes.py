"""Notes what passing tests saw the built-in extractors read, for the support matrix of the docs.

Switched on by `LDTRACK_SUPPORT=FOLDER`: each process writes one JSON file there, and `tools/support.py` makes the page.
"""

from __future__ import annotations

import functools
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import Any

import pytest

from ldtrack._metrics import outcome_in
from ldtrack._names import name_of
from ldtrack._registration import Registration
from ldtrack.extractors import plain
from ldtrack.extractors._provider import Provider

Notes = dict[str, set[str]]

_running: Notes = defaultdict(set)
_passed: Notes = defaultdict(set)


class NotedExtractor:
    """An extractor that notes what its readings told."""

    def __init__(self, registration: Registration) -> None:
        self._name = f"{registration.kind} {registration.name}"
        self._extractor: Any = registration.extractor
        self.__qualname__ = getattr(self._extractor, "__qualname__", type(self._extractor).__qualname__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def __call__(self, value: Any) -> Any:
        reading = self._extractor(value)
        note(self._name, type(value), reading)
        return reading


class NotedStream:
    """A stream extractor that notes what it was fed and told."""

    def __init__(self, name: str, extractor: Any) -> None:
        self._name = name
        self._extractor = extractor
        self._kind: type = object

    def __getattr__(self, name: str) -> Any:
        return getattr(self._extractor, name)

    def feed(self, chunk: Any) -> Any:
        self._kind = type(chunk)
        began = self._extractor.feed(chunk)
        if began is True:
            _running[self._name].add("first token")
        return began

    def result(self) -> Any:
        reading = self._extractor.result()
        note(self._name, self._kind, reading)
        return reading


def note(name: str, kind: type, reading: Any) -> None:
    """Note what one reading tells, and from which release. A class of no distribution stands in for the SDK's."""
    release = release_of(kind)
    if not release and kind.__module__ != "builtins":
        return
    seen = _running[name]
    seen.add(f"version {release}")
    if reading is None:
        return
    seen |= {"tokens"} if reading.tokens is not None else set()
    seen |= {"tool calls"} if reading.tool_calls else set()
    seen |= {"failure"} if outcome_in(reading) == "error" else set()


@functools.cache
def release_of(kind: type) -> str:
    """Name the distribution of a class, and its release."""
    found = packages_distributions()
    parts = kind.__module__.split(".")
    distributions = [name for name in found.get(parts[0], ()) if "ldtrack" not in name]
    own = [name for name in distributions if name.replace("-", ".").endswith(".".join(parts[:2]))]
    chosen = sorted(own or distributions)
    return f"{chosen[0]} {version(chosen[0])}" if chosen else ""


def noted_stream(name: str, factory: Any) -> NotedStream:
    """Make a stream extractor that notes."""
    return NotedStream(name, factory())


def switch_on() -> None:
    """Let every provider's registrations note."""
    original = Provider.registrations
    factories: dict[Any, Any] = {}

    def registrations(self: Provider) -> Iterator[Registration]:
        for registration in original(self):
            if registration.kind == "chunk":
                # One for all types of a factory's, as a stream has one extractor for them.
                name, factory = f"chunk {registration.name}", registration.extractor
                noted = factories.setdefault(factory, functools.partial(noted_stream, name, factory))
                yield replace(registration, extractor=noted)
            elif registration.extractor is not None:
                yield replace(registration, extractor=NotedExtractor(registration))
            else:
                yield registration

    Provider.registrations = registrations  # type: ignore[method-assign]
    note_dicts()


def note_dicts() -> None:
    """Let the shapes of plain dicts note, too."""
    plain.SHAPES = tuple((test, replace(shape, extractor=NotedExtractor(shape))) for test, shape in plain.SHAPES)
    plain._EVENTS = tuple(
        (test, functools.partial(noted_stream, f"chunk {name_of(test)}", factory)) for test, factory in plain._EVENTS
    )


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test saw only if it passed."""
    if report.when == "call":
        if report.passed:
            for name, seen in _running.items():
                _passed[name] |= seen
        _running.clear()


def pytest_sessionfinish() -> None:
    """Write the notes of this process."""
    folder = Path(os.environ["LDTRACK_SUPPORT"])
    folder.mkdir(parents=True, exist_ok=True)
    notes = {name: sorted(seen) for name, seen in sorted(_passed.items())}
    name = f"{os.environ.get('LDTRACK_FAMILY', 'main')}-{sys.version_info.minor}-{os.getpid()}.json"
    (folder / name).write_text(json.dumps(notes, indent=1), encoding="utf-8")
