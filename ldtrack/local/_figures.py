"""The figures of one variation, under the names of LaunchDarkly's metrics API."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_REPORTED = (
    "generation_count",
    "generation_success_count",
    "generation_error_count",
    "success_rate",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "duration_ms",
    "duration_ms_p50",
    "duration_ms_p95",
    "time_to_first_token_ms",
    "time_to_first_token_ms_p50",
    "time_to_first_token_ms_p95",
    "thumbs_up",
    "thumbs_down",
    "satisfaction_rating",
    "tool_calls",
    "judge_scores",
)


@dataclass(frozen=True)
class VariationMetrics:
    """The figures of one variation of an AI config, or of all of them where `variation_key` is None.

    Counts and sums are of events, as LaunchDarkly counts: a success sent twice shows as two. Percentiles are
    nearest-rank, so each is a value that occurred; they, sums of times and rates are None without events.
    """

    config_key: str
    variation_key: str | None
    generation_success_count: int
    generation_error_count: int
    input_tokens: int
    output_tokens: int
    total_tokens: int
    durations_ms: tuple[int, ...]
    times_to_first_token_ms: tuple[int, ...]
    thumbs_up: int
    thumbs_down: int
    tool_calls: Mapping[str, int]
    judge_scores: Mapping[str, float]
    counted_generations: int = 0
    """Generations whose tokens were tracked."""

    @property
    def generation_count(self) -> int:
        """Generations that ended in success or error."""
        return self.generation_success_count + self.generation_error_count

    @property
    def success_rate(self) -> float | None:
        """Successes among the generations, from 0 to 1."""
        return _share(self.generation_success_count, self.generation_count)

    @property
    def satisfaction_rating(self) -> float | None:
        """Thumbs up among all thumbs, from 0 to 1."""
        return _share(self.thumbs_up, self.thumbs_up + self.thumbs_down)

    @property
    def duration_ms(self) -> int | None:
        """All durations together."""
        return sum(self.durations_ms) if self.durations_ms else None

    @property
    def duration_ms_p50(self) -> int | None:
        """The duration that half of the runs kept to."""
        return percentile(self.durations_ms, 50)

    @property
    def duration_ms_p95(self) -> int | None:
        """The duration that 95 % of the runs kept to."""
        return percentile(self.durations_ms, 95)

    @property
    def time_to_first_token_ms(self) -> int | None:
        """All times to the first token together."""
        return sum(self.times_to_first_token_ms) if self.times_to_first_token_ms else None

    @property
    def time_to_first_token_ms_p50(self) -> int | None:
        """The time to the first token that half of the streams kept to."""
        return percentile(self.times_to_first_token_ms, 50)

    @property
    def time_to_first_token_ms_p95(self) -> int | None:
        """The time to the first token that 95 % of the streams kept to."""
        return percentile(self.times_to_first_token_ms, 95)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures by their names in LaunchDarkly's metrics API where it has one (`generationCount`, ...)."""
        figures = {_camel_case(name): getattr(self, name) for name in _REPORTED}
        return {"configKey": self.config_key, "variationKey": self.variation_key, **figures}


def percentile(values: Sequence[int], percent: int) -> int | None:
    """Find the smallest of the values that at least `percent` % of them do not exceed (nearest rank)."""
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1] if values else None


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _camel_case(name: str) -> str:
    return re.sub("_(.)", lambda match: match[1].upper(), name)
