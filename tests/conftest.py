"""What every test may use: both event loops, the recorded traffic, and a clean slate."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from clean_slate import clean_slate
from corpus_folder import MISSING, corpus_folder

__all__ = ["clean_slate"]

IN_CI = bool(os.environ.get("CI"))

# How fast examples are made says more of the machine than of a test.
AT_ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", AT_ANY_SPEED, derandomize=True)
settings.register_profile("dev", AT_ANY_SPEED)
settings.load_profile("ci" if IN_CI else "dev")


def pytest_configure(config: pytest.Config) -> None:
    """Note what the extractors read, if the support matrix is to be made."""
    if os.environ.get("LDTRACK_SUPPORT"):
        import support_notes

        support_notes.switch_on()
        config.pluginmanager.register(support_notes)


def pytest_sessionstart() -> None:
    """Refuse to run in CI without the recorded traffic: its tests would only skip."""
    if IN_CI and not corpus_folder():
        raise pytest.UsageError(MISSING)


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run each async test on both event loops."""
    return str(request.param)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of recorded provider traffic; the test skips where there is none."""
    folder = corpus_folder()
    return folder or pytest.skip(MISSING)
