"""A test kit for apps that use ldtrack; the pytest plugin's fixtures are in `ldtrack.testing.plugin`."""

from __future__ import annotations

from ldtrack.local import LocalLaunchDarkly, RunAssertions, Runs
from ldtrack.testing._clock import Clock
from ldtrack.testing._local import local_launchdarkly
from ldtrack.testing._run_ids import run_ids
from ldtrack.testing._same_events import assert_same_events
from ldtrack.testing._streams import FakeStream

__all__ = [
    "Clock",
    "FakeStream",
    "LocalLaunchDarkly",
    "RunAssertions",
    "Runs",
    "assert_same_events",
    "local_launchdarkly",
    "run_ids",
]
