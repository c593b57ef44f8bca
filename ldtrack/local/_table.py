"""The Monitoring tab for a terminal; needs `rich`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from ldtrack.local._figures import VariationMetrics, percentile
from ldtrack.local._sparkline import sparkline
from ldtrack.local._words import in_percent, in_time

_NOTHING = "–"
_GAP = 2
"""Between columns: the padding, and where the box could draw a line."""
_WHOLE_KEY = 12
"""Keys up to here are not folded."""
_FOLDED = {"Tool calls": 6, "Feedback": 8}
"""The columns that may be narrower than what is in them, and how narrow."""
_HEADINGS = ("Generations", "Duration", "First token", "Tokens", "Tool calls", "Feedback")


def monitoring_table(variations: Iterable[VariationMetrics]) -> Table:
    """A row for each variation: figures side by side where they fit (in 80 columns), else below each other."""
    return _MonitoringTable(list(variations))


class _MonitoringTable(Table):
    def __init__(self, variations: Sequence[VariationMetrics]) -> None:
        super().__init__(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False, leading=1)
        self._variations = variations
        longest = max((len(metrics.config_key) for metrics in variations), default=0)
        self.add_column("AI config", overflow="fold", min_width=min(max(8, longest), _WHOLE_KEY))
        for heading in _HEADINGS:
            least = _FOLDED.get(heading)
            self.add_column(heading, overflow="fold", min_width=least, no_wrap=least is None)
        for metrics in variations:
            self.add_row(_name(metrics), *_cells(metrics))
        if not variations:
            self.caption = "No run was recorded yet."

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        least = sum(_least_width(console, options, column) + _GAP for column in self.columns) - _GAP
        fits = least <= options.max_width or not self._variations
        yield from super().__rich_console__(console, options) if fits else map(_stacked, self._variations)


def _least_width(console: Console, options: ConsoleOptions, column: Column) -> int:
    widths = [Measurement.get(console, options, cell).maximum for cell in (column.header, *column.cells)]
    return column.min_width or max(widths)


def _stacked(metrics: VariationMetrics) -> Group:
    figures = Table.grid(Column(no_wrap=True), Column(overflow="fold"), padding=(0, 1, 0, 0))
    for heading, cell in zip(_HEADINGS, _cells(metrics), strict=True):
        cell.rstrip()
        figures.add_row(heading, cell)
    return Group(_name(metrics), Padding(figures, (0, 0, 1, 2)))


def _cells(metrics: VariationMetrics) -> list[Text]:
    return [
        _generations(metrics),
        _times(metrics.durations_ms),
        _times(metrics.times_to_first_token_ms),
        _tokens(metrics),
        _lines(f"{count:,}× {name}" for name, count in metrics.tool_calls.items()),
        _feedback(metrics),
    ]


def _name(metrics: VariationMetrics) -> Text:
    variation = metrics.variation_key or "(no variation)"
    return Text.assemble((metrics.config_key, "bold"), "\n", (variation, "cyan"))


def _generations(metrics: VariationMetrics) -> Text:
    text = Text(f"{metrics.generation_count:,}", style="bold")
    if metrics.success_rate is not None:
        text.append(f"\n{in_percent(metrics.success_rate)} ok", style="not bold green")
    if metrics.generation_error_count:
        text.append(f"\n{metrics.generation_error_count:,} failed", style="not bold red")
    return text


def _times(values_ms: Sequence[int]) -> Text:
    p50, p95 = percentile(values_ms, 50), percentile(values_ms, 95)
    if p50 is None or p95 is None:
        return _lines(())
    text = Text(f"p50 {in_time(p50):>6}\np95 {in_time(p95):>6}\n")
    return text.append(sparkline(values_ms), style="cyan")


def _tokens(metrics: VariationMetrics) -> Text:
    if not metrics.total_tokens:
        return _lines(())
    counts = {"in": metrics.input_tokens, "out": metrics.output_tokens, "total": metrics.total_tokens}
    width = len(f"{metrics.total_tokens:,}")
    return _lines(f"{name:<5} {count:>{width},}" for name, count in counts.items())


def _feedback(metrics: VariationMetrics) -> Text:
    lines: list[str] = []
    if metrics.satisfaction_rating is not None:
        lines += [f"{metrics.thumbs_up:,} up", f"{metrics.thumbs_down:,} down"]
        lines += [in_percent(metrics.satisfaction_rating)]
    lines += [f"{key.rpartition(':')[2]} {score:.2f}" for key, score in metrics.judge_scores.items()]
    return _lines(lines)


def _lines(lines: Iterable[str]) -> Text:
    return Text("\n".join(lines)) or Text(_NOTHING, style="dim")
