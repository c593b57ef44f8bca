"""A local LaunchDarkly with our own tiny provider, for every test of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ldtrack import configure
from ldtrack.local import LocalLaunchDarkly
from support import CONFIGS, USER, register_own_provider


@pytest.fixture
def ld() -> Iterator[Any]:
    """A real LaunchDarkly client over in-memory configs, configured for ldtrack."""
    local = LocalLaunchDarkly(CONFIGS)
    configure(client=local.client, context=USER)
    register_own_provider()
    yield local
    local.close()
