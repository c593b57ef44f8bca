"""What LaunchDarkly's guide asks to be recorded of each AI config, and whether it was."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ldtrack.local import VariationMetrics
from ldtrack.local._words import in_time
from ldtrack.monitor._recorded import Recorded
from ldtrack.monitor.page._tables import table

_COLUMNS = {
    "config": "AI config",
    "duration": "Duration",
    "tokens": "Input and output tokens",
    "success": "Success or error",
    "ttft": "Time to first token",
    "flush": "Events flushed",
}
_DONE, _MISSING = "✓", "✗"
_USAGE = "ask the provider for usage, or register an extractor"


class Checklist:
    """A row for each AI config of which something was recorded."""

    def __init__(self) -> None:
        self._table = table("Checklist", _COLUMNS)

    def update(self, variations: list[VariationMetrics], recorded: Recorded) -> None:
        """Show what there is now."""
        by_config = sorted(variations, key=lambda metrics: metrics.config_key)
        self._table.rows = [
            checklist_row(config_key, list(group), recorded.latest_delay_ms.get(config_key))
            for config_key, group in groupby(by_config, key=lambda metrics: metrics.config_key)
        ]


def checklist_row(config_key: str, variations: list[VariationMetrics], delay_ms: int | None) -> dict[str, Any]:
    """What is there of one config, as texts by column; the delay is that of its latest event."""
    generations = sum(metrics.generation_count for metrics in variations)
    successes = sum(metrics.generation_success_count for metrics in variations)
    durations = any(metrics.durations_ms for metrics in variations)
    return {
        "id": config_key,
        "config": config_key,
        "duration": _DONE if durations else f"{_MISSING} wrap the call: @tracked or track_duration",
        "tokens": _tokens(variations, successes),
        "success": f"{_DONE} {successes:,} of {generations:,}" if generations else f"{_MISSING} neither was recorded",
        "ttft": _first_token(variations),
        "flush": "before the monitor started" if delay_ms is None else f"{_DONE} {in_time(delay_ms)} after tracking",
    }


def _tokens(variations: list[VariationMetrics], successes: int) -> str:
    read = sum(metrics.input_tokens for metrics in variations)
    written = sum(metrics.output_tokens for metrics in variations)
    total = sum(metrics.total_tokens for metrics in variations)
    if not any([read, written, total]):
        return f"{_MISSING} {_USAGE}" if successes else "no success yet"
    if not read or (not written and total != read):  # embeddings have no output
        return f"{_MISSING} only {'output' if written else 'input'} tokens: the extractor reads no more"
    missing = successes - sum(metrics.counted_generations for metrics in variations)
    return f"{_MISSING} {missing:,} of {successes:,} without: {_USAGE}" if missing > 0 else _DONE


def _first_token(variations: Iterable[VariationMetrics]) -> str:
    count = sum(len(metrics.times_to_first_token_ms) for metrics in variations)
    return f"{_DONE} of {count:,} streams" if count else "no stream seen"
