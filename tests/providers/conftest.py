"""What the providers' tests share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from ldclient import Context

from ldtrack import tracked
from ldtrack.local import LocalLaunchDarkly


@pytest.fixture
def local() -> Iterator[LocalLaunchDarkly]:
    """A LaunchDarkly that records, with one config: `assistant`."""
    with LocalLaunchDarkly({"assistant": {"model": {"name": "m"}, "provider": {"name": "p"}}}) as opened:
        yield opened


@pytest.fixture
def track(local: LocalLaunchDarkly) -> Any:
    """The decorator of functions that this LaunchDarkly records."""
    return tracked("assistant", client=local.client, context=Context.create("ada"))


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop for the sync calls of agent kits, which leave theirs open."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    asyncio.set_event_loop(None)
    loop.close()
