"""A6, E7: what `flush`, `shutdown` and the exit do before they say that all is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from ldtrack import flush, shutdown, tracked
from ldtrack._postponed import postpone
from ldtrack._reader import end_open_streams, open_readers
from support import KEY, Chunk, Reply, only_run, outcome_count, whole


@tracked(KEY)
def stream() -> Iterator[Chunk]:
    """One streamed call of the model."""
    yield from whole()


class Calls:
    """Notes the calls of the client's methods, and makes them."""

    def __init__(self, client: Any, monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
        self.names: list[str] = []
        for name in names:
            monkeypatch.setattr(client, name, self._noting(name, getattr(client, name)))

    def _noting(self, name: str, method: Any) -> Any:
        def call(*args: Any) -> Any:
            self.names.append(name)
            return method(*args)

        return call


def test_a6_shutdown_finishes_open_streams(ld: Any) -> None:
    """Before the client is closed, which takes no more events."""
    reading = stream()
    next(reading), next(reading)

    shutdown()
    assert ("success", 1, 4) == (only_run(ld).outcome, outcome_count(only_run(ld)), only_run(ld).total_tokens)


def test_a6_shutdown_sends_and_closes_the_clients_in_use(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flushed first: `close` alone would have to be trusted to."""
    tracked(KEY)(lambda: Reply())()
    calls = Calls(ld.client, monkeypatch, "flush", "close")

    shutdown()
    assert ["flush", "close"] == calls.names[:2]


def test_a6_flush_asks_the_client_to_send(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it would wait for the next of the SDK's own intervals."""
    tracked(KEY)(lambda: Reply())()
    calls = Calls(ld.client, monkeypatch, "flush")

    assert flush()
    assert ["flush"] == calls.names


@pytest.mark.parametrize(("timeout", "longest"), [(None, None), (5, 5), (0, 0)])
def test_a6_flush_waits_no_longer_than_it_was_told(
    ld: Any, monkeypatch: pytest.MonkeyPatch, timeout: float | None, longest: float | None
) -> None:
    """What is left of the time is what each client gets."""
    tracked(KEY)(lambda: Reply())()
    waited: list[Any] = []

    def wait(left: float | None) -> bool:
        waited.append(left)
        return False

    monkeypatch.setattr(ld.client._event_processor, "wait_delivered", wait)
    assert not flush(timeout)
    if longest is None:
        assert [None] == waited
    else:
        assert 0 <= waited[0] <= longest


@pytest.mark.parametrize("finish", [flush, end_open_streams])
def test_e7_what_was_postponed_is_done_at_the_latest_then(ld: Any, finish: Any) -> None:
    """A stream that was forgotten at a bad moment is recorded before the process ends."""
    done: list[str] = []

    postpone(lambda: done.append("done"))
    finish()
    assert ["done"] == done


def test_e7_streams_may_begin_while_the_open_ones_are_finished(ld: Any) -> None:
    """In other threads, which go on until the very end."""
    stop = threading.Event()

    def churn() -> None:
        while not stop.is_set():
            reading = [stream() for _ in range(50)]
            for one in reading:
                next(one)

    threads = [threading.Thread(target=churn) for _ in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(2000):
            end_open_streams()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert {} == {key: reference for key, reference in open_readers.items() if reference() is not None}
