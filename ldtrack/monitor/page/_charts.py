"""The charts: distributions of durations and of first tokens, tokens over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from nicegui import ui

from ldtrack.local import VariationMetrics
from ldtrack.monitor._recorded import Recorded
from ldtrack.monitor.page._histogram import histogram

_Options: TypeAlias = dict[str, Any]
_FAINT = {"lineStyle": {"color": "#80808050"}}
_GRID = {"left": 56, "right": 16, "top": 40, "bottom": 32}


class Charts:
    """Three charts, brought up to date together."""

    def __init__(self, *, dark: bool) -> None:
        self._text = "#c8c8c8" if dark else "#4a4a4a"
        with ui.element("div").classes("grid grid-cols-1 lg:grid-cols-3 gap-4 w-full"):
            self._durations = self._chart("Duration", "generations by duration")
            self._first_tokens = self._chart("Time to first token", "streams by time to first token")
            self._tokens = self._chart("Tokens over time", "tokens per 10 seconds")

    def update(self, variations: list[VariationMetrics], recorded: Recorded) -> None:
        """Draw what there is now."""
        self._distribution(self._durations, variations, lambda metrics: metrics.durations_ms)
        self._distribution(self._first_tokens, variations, lambda metrics: metrics.times_to_first_token_ms)
        points = list(recorded.tokens.points())
        at = [datetime.fromtimestamp(ms / 1000).astimezone().strftime("%H:%M:%S") for ms, _, _ in points]
        sums = {"input": [point[1] for point in points], "output": [point[2] for point in points]}
        self._show(self._tokens, at, sums)

    def _chart(self, title: str, what: str) -> ui.echart:
        with ui.card().classes("w-full"):
            ui.label(title).classes("text-base font-medium").props('role="heading" aria-level="3"')
            return ui.echart(self._options(what), renderer="svg").classes("w-full h-56").mark(title)

    def _options(self, what: str) -> _Options:
        axis = {"axisLabel": {"color": self._text}}
        return {
            "animation": False,
            "aria": {"enabled": True, "label": {"description": what}},
            "textStyle": {"color": self._text},
            "legend": {"type": "scroll", "top": 0, "textStyle": {"color": self._text}},
            "tooltip": {"trigger": "axis"},
            "grid": _GRID,
            "xAxis": {"type": "category", "data": [], **axis},
            "yAxis": {"type": "value", "minInterval": 1, "splitLine": _FAINT, **axis},
            "series": [],
        }

    def _distribution(
        self,
        chart: ui.echart,
        variations: list[VariationMetrics],
        times_of: Callable[[VariationMetrics], Sequence[int]],
    ) -> None:
        times = {_name(metrics): times_of(metrics) for metrics in variations if times_of(metrics)}
        self._show(chart, *histogram(times))

    def _show(self, chart: ui.echart, steps: list[str], counts: Mapping[str, list[int]]) -> None:
        options: _Options = _untyped(chart).options
        options["xAxis"]["data"] = steps
        options["series"] = [
            {"type": "bar", "stack": "all", "name": name, "data": values} for name, values in counts.items()
        ]


def _untyped(chart: Any) -> Any:
    return chart  # the types of its options are not known


def _name(metrics: VariationMetrics) -> str:
    return f"{metrics.config_key} / {metrics.variation_key}" if metrics.variation_key else metrics.config_key
