"""A6: what `flush` says is true where nobody can tell, and it leaves the event loop alone."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from ldclient import LDClient
from ldclient.config import Config
from ldclient.integrations.test_data import TestData
from ldclient.interfaces import EventProcessor

from contract.helpers import warnings_of
from ldtrack import aflush, configure, flush, tracked
from support import CONFIG, KEY, USER, Reply


class Silent(EventProcessor):
    """An app's own event processor: it does not tell what has arrived."""

    def __init__(self, config: Any) -> None:
        """Take whatever the SDK passes."""

    def send_event(self, event: Any) -> None:
        """Forget it."""

    def flush(self) -> None:
        """Do nothing."""

    def stop(self) -> None:
        """Do nothing."""


@pytest.fixture
def client() -> Any:
    """A client with an event processor that nobody can ask."""
    data = TestData.data_source()
    data.update(data.flag(KEY).variations(CONFIG).variation_for_all(0))
    with LDClient(Config("sdk-key", update_processor_class=data, event_processor_class=Silent)) as client:
        yield client


def test_a6_delivery_that_cannot_be_confirmed_is_false_and_said_once(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody's own processor stays where it is, and the answer is no."""
    caplog.set_level(logging.WARNING, "ldtrack")
    configure(client=client, context=USER)
    tracked(KEY)(lambda: Reply())()
    caplog.clear()

    assert (False, False) == (flush(1), flush(1))
    assert 1 == len([warning for warning in warnings_of(caplog) if "Silent does not tell" in warning])
    assert Silent is type(client._event_processor)


@pytest.mark.anyio
async def test_a6_aflush_leaves_the_event_loop_free(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tasks go on while it waits."""
    import anyio

    went_on = threading.Event()
    tracked(KEY)(lambda: Reply())()
    monkeypatch.setattr(ld.client._event_processor, "wait_delivered", lambda _timeout: went_on.wait(60))

    async def tick() -> None:
        for _ in range(3):
            await anyio.sleep(0.01)
        went_on.set()

    async with anyio.create_task_group() as group:
        group.start_soon(tick)
        assert await aflush(5)
