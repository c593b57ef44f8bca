"""What was received, kept in an SQLite file from one start to the next."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from ldtrack.monitor._received import ReceivedEvent, context_of, kinds_of

_APPLICATION_ID = 0x1D7AC
"""Tells our files from others."""
_SCHEMA = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    at INTEGER NOT NULL,
    value REAL,
    data TEXT NOT NULL,
    context TEXT NOT NULL
)
"""
_INSERT = "INSERT INTO events (key, at, value, data, context) VALUES (?, ?, ?, ?, ?)"


class HistoryError(ValueError):
    """A file that cannot hold the history."""


class History:
    """The events of all times, in the order in which they came.

    Raises:
        HistoryError: The file is something else, or cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(path, check_same_thread=False)
        except sqlite3.Error as exc:
            raise self._cannot(exc) from exc
        try:
            self._prepare()
        except sqlite3.Error as exc:
            self.close()
            raise self._cannot(exc) from exc
        except HistoryError:
            self.close()
            raise

    def add(self, events: Iterable[ReceivedEvent]) -> None:
        """Write events; either all of them are kept, or an exception says that none is."""
        rows = list(map(_row, events))
        with self._lock, self._connection:
            self._connection.executemany(_INSERT, rows)

    def events(self) -> Iterator[ReceivedEvent]:
        """Read all events."""
        rows = self._connection.execute("SELECT key, at, value, data, context FROM events ORDER BY number")
        for key, at, value, data, context in rows:
            yield ReceivedEvent(key, json.loads(data), _number(value), context_of(_pairs(context)), at)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _cannot(self, exc: sqlite3.Error) -> HistoryError:
        return HistoryError(f"{self._path} cannot keep the history: {exc}")

    def _prepare(self) -> None:
        (tables,) = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = self._connection.execute("PRAGMA application_id").fetchone()
        if not tables:
            self._connection.execute(_SCHEMA)
            self._connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        elif application != _APPLICATION_ID:
            raise HistoryError(f"{self._path} is the database of something else: name a new file")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")  # a crash of the machine may lose the last moment


def _row(event: ReceivedEvent) -> tuple[object, ...]:
    data, context = json.dumps(dict(event.data)), json.dumps(kinds_of(event.context))
    return event.key, event.timestamp, event.metric_value, data, context


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((kind, key) for kind, key in json.loads(text))


def _number(value: float | None) -> float | None:
    return int(value) if value is not None and value.is_integer() else value
