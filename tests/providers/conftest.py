"""What the providers' tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ldtrack.local import LocalLaunchDarkly


@pytest.fixture
def local() -> Iterator[LocalLaunchDarkly]:
    """A LaunchDarkly that records, with one config: `assistant`."""
    with LocalLaunchDarkly({"assistant": {"model": {"name": "m"}, "provider": {"name": "p"}}}) as opened:
        yield opened
