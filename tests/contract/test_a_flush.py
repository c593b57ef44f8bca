"""A6: what `flush` says is true."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from ldclient import LDClient
from ldclient.config import Config
from ldclient.integrations.test_data import TestData

from contract.helpers import warnings_of
from ldtrack import aflush, configure, flush, tracked
from support import CONFIG, KEY, USER, Reply


@pytest.fixture
def client() -> Any:
    """A client with the SDK's own event processor, whose events go nowhere."""
    data = TestData.data_source()
    data.update(data.flag(KEY).variations(CONFIG).variation_for_all(0))
    config = Config("sdk-key", update_processor_class=data, events_uri="http://127.0.0.1:9", diagnostic_opt_out=True)
    with LDClient(config) as client:
        yield client


def test_a6_delivery_that_cannot_be_confirmed_is_false_and_said_once(
    client: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The SDK's own processor does not tell, so the answer is no."""
    caplog.set_level(logging.WARNING, "ldtrack")
    configure(client=client, context=USER)
    tracked(KEY)(lambda: Reply())()
    caplog.clear()

    assert (False, False) == (flush(1), flush(1))
    assert 1 == len([warning for warning in warnings_of(caplog) if "flush" in warning])


@pytest.mark.anyio
async def test_a6_aflush_leaves_the_event_loop_free(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tasks go on while it waits."""
    import anyio

    from ldtrack import _delivery

    went_on = threading.Event()

    def slow(_client: Any, _deadline: Any) -> bool:
        return went_on.wait(60)

    monkeypatch.setattr(_delivery, "_flush", slow)
    tracked(KEY)(lambda: Reply())()

    async def tick() -> None:
        for _ in range(3):
            await anyio.sleep(0.01)
        went_on.set()

    async with anyio.create_task_group() as group:
        group.start_soon(tick)
        assert await aflush(5)
