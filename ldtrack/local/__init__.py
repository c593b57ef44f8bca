"""A real LaunchDarkly client over in-memory AI configs, and what its Monitoring tab would show."""

from __future__ import annotations

from ._events import CustomEvent
from ._figures import VariationMetrics
from ._local_launchdarkly import LocalLaunchDarkly
from ._monitoring import Monitoring
from ._runs import RunRecord

__all__ = ["CustomEvent", "LocalLaunchDarkly", "Monitoring", "RunRecord", "VariationMetrics"]
