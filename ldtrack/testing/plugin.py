"""The pytest plugin: a local LaunchDarkly for each test that asks for it. `-p no:ldtrack` leaves it out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # what a test run does not need, it does not import
    from ldclient import Context

    from ldtrack.local import LocalLaunchDarkly
    from ldtrack.testing import Clock


@pytest.fixture
def ldtrack_configs() -> Mapping[str, Any] | str | os.PathLike[str]:
    """The AI configs of `ldtrack_local`, or the path of their file; override it in your own conftest.py."""
    return {}


@pytest.fixture
def ldtrack_context() -> Context:
    """The LaunchDarkly context of calls that name no other; override it as you like."""
    from ldclient import Context

    return Context.create("test-user")


@pytest.fixture
def ldtrack_local(
    ldtrack_configs: Mapping[str, Any] | str | os.PathLike[str], ldtrack_context: Context
) -> Iterator[LocalLaunchDarkly]:
    """A real LaunchDarkly client over `ldtrack_configs`, used by ldtrack in strict mode for this test."""
    from ldtrack.testing import local_launchdarkly

    with local_launchdarkly(ldtrack_configs, ldtrack_context) as local:
        yield local


@pytest.fixture
def ldtrack_clock() -> Iterator[Clock]:
    """The clock of every run, which stands still until the test lets it `tick`."""
    from ldtrack.testing import Clock

    with Clock().used() as clock:
        yield clock
