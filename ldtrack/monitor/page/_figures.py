"""The figures of each variation, as a table."""

from __future__ import annotations

from typing import Any

from ldtrack.local import VariationMetrics
from ldtrack.local._words import in_percent, in_time
from ldtrack.monitor._served import ServedFlags
from ldtrack.monitor.page._cost import cost_of
from ldtrack.monitor.page._tables import NOTHING, table

_COLUMNS = {
    "config": "AI config",
    "variation": "Variation",
    "generations": "Generations",
    "success": "Success",
    "errors": "Errors",
    "duration": "Duration p50 / p95",
    "ttft": "First token p50 / p95",
    "tokens": "Tokens in / out / total",
    "tools": "Tool calls",
    "satisfaction": "Satisfaction",
    "judges": "Judges",
    "cost": "Cost ($)",
}


class Figures:
    """A row for each variation."""

    def __init__(self) -> None:
        self._table = table("Figures", _COLUMNS)

    def update(self, variations: list[VariationMetrics], flags: ServedFlags) -> None:
        """Show what there is now."""
        self._table.rows = [figures_row(metrics, flags) for metrics in variations]


def figures_row(metrics: VariationMetrics, flags: ServedFlags) -> dict[str, Any]:
    """The figures of one variation, as texts by column."""
    cost = cost_of(metrics, flags.variations(metrics.config_key))
    return {
        "id": f"{metrics.config_key} {metrics.variation_key}",
        "config": metrics.config_key,
        "variation": metrics.variation_key or NOTHING,
        "generations": f"{metrics.generation_count:,}",
        "success": _percent(metrics.success_rate),
        "errors": f"{metrics.generation_error_count:,}",
        "duration": _times(metrics.duration_ms_p50, metrics.duration_ms_p95),
        "ttft": _times(metrics.time_to_first_token_ms_p50, metrics.time_to_first_token_ms_p95),
        "tokens": f"{metrics.input_tokens:,} / {metrics.output_tokens:,} / {metrics.total_tokens:,}",
        "tools": _joined(f"{count:,}× {name}" for name, count in metrics.tool_calls.items()),
        "satisfaction": _satisfaction(metrics),
        "judges": _joined(f"{key.rpartition(':')[2]} {score:.2f}" for key, score in metrics.judge_scores.items()),
        "cost": NOTHING if cost is None else f"{cost:,.4f}",
    }


def _satisfaction(metrics: VariationMetrics) -> str:
    if metrics.satisfaction_rating is None:
        return NOTHING
    return f"{in_percent(metrics.satisfaction_rating)} ({metrics.thumbs_up:,} up, {metrics.thumbs_down:,} down)"


def _percent(share: float | None) -> str:
    return NOTHING if share is None else in_percent(share)


def _times(p50: int | None, p95: int | None) -> str:
    return NOTHING if p50 is None or p95 is None else f"{in_time(p50)} / {in_time(p95)}"


def _joined(parts: Any) -> str:
    return ", ".join(parts) or NOTHING
