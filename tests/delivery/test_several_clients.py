"""G3: what one client cannot do keeps no other from it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from contract.helpers import warnings_of
from events_endpoint import EventsEndpoint, client_for
from ldtrack import configure, flush, shutdown, tracked
from support import KEY, USER, Reply, read_reply

SUCCESS = "$ld:ai:generation:success"


@tracked(KEY, extractor=read_reply)
def answer() -> Reply:
    """One call of the model."""
    return Reply()


def fail() -> None:
    """What a broken client does."""
    raise RuntimeError("a text that nobody must see")


@pytest.fixture
def clients(endpoint: EventsEndpoint) -> list[Any]:
    """Two clients that were tracked with, and send nothing by themselves."""
    made = [client_for(endpoint.url, flush_interval=600) for _ in range(2)]
    for client in made:
        configure(client=client, context=USER)
        answer()
    return made


@pytest.mark.parametrize("broken", ["flush", "close"])
def test_g3_shutdown_closes_every_client(
    clients: list[Any],
    broken: str,
    endpoint: EventsEndpoint,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also those after one that cannot be closed; a log line names it, without its text."""
    with monkeypatch.context() as patched:
        patched.setattr(clients[0], broken, fail)
        shutdown()

    assert clients[1]._event_processor.is_closed
    (told,) = [line for line in warnings_of(caplog) if f"{broken}() failed" in line]
    assert ("LDClient" in told, "nobody must see" in told) == (True, False)
    with contextlib.suppress(ValueError):  # the SDK's TestData, if it was closed after all
        clients[0].close()
    assert 2 == len(endpoint.metrics(SUCCESS))


def test_g2_flush_sends_for_every_client(
    clients: list[Any], endpoint: EventsEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processor is asked by itself, so that even a broken client's events arrive."""
    with monkeypatch.context() as patched:
        patched.setattr(clients[0], "flush", fail)
        assert flush(10)
    assert 2 == len(endpoint.metrics(SUCCESS))
    shutdown()


def test_g2_a_client_that_cannot_flush_is_not_confirmed(caplog: pytest.LogCaptureFixture) -> None:
    """Such as a substitute of one's own: `flush` says so, and raises nothing."""

    class Substitute:
        def variation(self, _key: str, _context: Any, default: Any) -> Any:
            return default

        def track(self, *_: Any) -> None:
            pass

    from ldtrack import _clients

    _clients.meet(Substitute())
    assert not flush(1)
    assert any("Substitute: flush() failed" in line for line in warnings_of(caplog))
    shutdown()
    assert any("Substitute: close() failed" in line for line in warnings_of(caplog))
