"""What is kept in a file."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from ldclient import Context

from ldtrack.monitor._history import History, HistoryError
from ldtrack.monitor._monitor import Monitor
from ldtrack.monitor._received import ReceivedEvent

MULTI = Context.create_multi(Context.create("user-1"), Context.create("acme", "organization"))
EVENTS = [
    ReceivedEvent(
        "$ld:ai:tokens:total", {"configKey": "chat", "runId": "r", "version": 3}, 8, MULTI, 1_700_000_000_000
    ),
    ReceivedEvent("$ld:ai:judge:relevance", {"configKey": "chat", "judgeConfigKey": "j"}, 0.5, Context.create("u"), 2),
    ReceivedEvent("$ld:ai:generation:success", {"configKey": "chat", "runId": "r"}, None, MULTI, 3),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Callable[[], Monitor]]:
    """Monitors with one and the same store, which let go of it in the end."""
    with contextlib.ExitStack() as stack:

        def start() -> Monitor:
            monitor = Monitor(history=History(tmp_path / "history.db"))
            stack.callback(monitor.close)
            return monitor

        yield start


def keep(monitor: Monitor, payload_id: str, events: list[ReceivedEvent]) -> None:
    """Give a monitor what was received."""
    anyio.run(monitor.keep, payload_id, events)


def test_a_new_start_shows_what_was_received_before(store: Callable[[], Monitor]) -> None:
    """Event by event, as it was; how long ago it was delivered is not said."""
    first = store()
    keep(first, "p-1", EVENTS)
    keep(first, "p-1", EVENTS)
    assert first.history
    first.history.close()

    again = store()
    assert again.history
    assert EVENTS == list(again.history.events())
    assert first.recorded.variations() == again.recorded.variations()
    assert {} == again.recorded.latest_delay_ms


def test_what_cannot_be_written_is_taken_when_it_comes_again(store: Callable[[], Monitor], tmp_path: Path) -> None:
    """The SDK was told of the failure, and sends its payload once more."""
    monitor = store()
    other = sqlite3.connect(tmp_path / "history.db", isolation_level=None)
    other.execute("PRAGMA busy_timeout = 0")
    assert monitor.history
    monitor.history._connection.execute("PRAGMA busy_timeout = 10")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        keep(monitor, "p-1", EVENTS)
    assert 0 == monitor.recorded.event_count

    other.execute("ROLLBACK")
    other.close()
    keep(monitor, "p-1", EVENTS)
    assert (3, EVENTS) == (monitor.recorded.event_count, list(monitor.history.events()))


def test_files_of_something_else_are_left_alone(tmp_path: Path) -> None:
    """A database of another program's, no database, and no place for one."""
    theirs = tmp_path / "theirs.db"
    with contextlib.closing(sqlite3.connect(theirs)) as connection:
        connection.execute("CREATE TABLE precious (value)")
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be told from an empty file" * 20)

    with pytest.raises(HistoryError, match="the database of something else: name a new file"):
        History(theirs)
    with pytest.raises(HistoryError, match="cannot keep the history: file is not a database"):
        History(text)
    with pytest.raises(HistoryError, match="cannot keep the history: unable to open"):
        History(tmp_path / "missing" / "history.db")
    assert text.read_text().startswith("not a database")


def test_a_request_that_is_given_up_is_counted_all_the_same(store: Callable[[], Monitor]) -> None:
    """What is in the file is on the page; the payload is known when it comes again."""
    monitor = store()

    async def given_up() -> None:
        with anyio.CancelScope() as scope:
            scope.cancel()
            await monitor.keep("p-1", EVENTS)
        await monitor.keep("p-1", EVENTS)

    anyio.run(given_up)
    assert monitor.history
    assert (3, EVENTS) == (monitor.recorded.event_count, list(monitor.history.events()))
