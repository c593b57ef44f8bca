"""A local LaunchDarkly with our own tiny provider, for every test of the contract."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from ldclient import Context

from contract.helpers import MANAGED
from contract.loopback import openai_server
from ldtrack import configure
from ldtrack.local import LocalLaunchDarkly
from support import CONFIGS, USER, register_own_provider


@pytest.fixture
def ldtrack_configs() -> dict[str, Any]:
    """The configs of the plugin's LaunchDarkly."""
    return CONFIGS


@pytest.fixture
def ldtrack_context() -> Context:
    """Whoever calls."""
    return USER


@pytest.fixture
def ld(ldtrack_local: LocalLaunchDarkly) -> LocalLaunchDarkly:
    """The plugin's LaunchDarkly and our own provider; faults are logged, as in an app."""
    configure(strict=False)
    register_own_provider()
    return ldtrack_local


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
