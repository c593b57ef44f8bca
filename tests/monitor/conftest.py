"""A monitor for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor_server import MonitorServer, monitor_server


@pytest.fixture
def server() -> Iterator[MonitorServer]:
    """A monitor with the config `chat`."""
    with monitor_server() as server:
        yield server
