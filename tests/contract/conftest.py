"""A local LaunchDarkly with our own tiny provider, for every test of the contract."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from contract.helpers import MANAGED
from contract.loopback import openai_server
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


@pytest.fixture
def openai(ld: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A loopback OpenAI for the managed runner; gives the requests it received."""
    with warnings.catch_warnings(), openai_server() as (url, requests):
        # Nobody closes the clients that the SDK makes, and the collector may find one at any time.
        warnings.simplefilter("ignore", ResourceWarning)
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        ld.set("managed", MANAGED)
        yield requests
        gc.collect()
