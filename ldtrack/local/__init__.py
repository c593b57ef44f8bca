"""A real LaunchDarkly client over in-memory AI configs, and what its Monitoring tab would show."""

from __future__ import annotations

from ldtrack.local._assertions import RunAssertions, Runs
from ldtrack.local._client import LocalLaunchDarkly
from ldtrack.local._events import CustomEvent
from ldtrack.local._figures import VariationMetrics
from ldtrack.local._monitoring import Monitoring
from ldtrack.local._runs import RunRecord

__all__ = [
    "CustomEvent",
    "LocalLaunchDarkly",
    "Monitoring",
    "RunAssertions",
    "RunRecord",
    "Runs",
    "VariationMetrics",
]
