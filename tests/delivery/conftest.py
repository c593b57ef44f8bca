"""An events endpoint for each test of delivery."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from events_endpoint import EventsEndpoint, events_endpoint


@pytest.fixture
def endpoint() -> Iterator[EventsEndpoint]:
    """Where the events go."""
    with events_endpoint() as endpoint:
        yield endpoint
