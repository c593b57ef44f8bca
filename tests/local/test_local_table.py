"""H2: the figures in a terminal."""

from __future__ import annotations

import io
import sys

import pytest
from ldai.providers.types import JudgeResult
from ldai.tracker import FeedbackKind, TokenUsage
from rich.console import Console

from ldtrack.local._sparkline import sparkline

CONFIGS = {
    "customer-support-chat": {
        "variations": {"brief-answers": {"model": {"name": "gpt-4o"}}, "thorough": {"model": {"name": "gpt-4.1"}}},
        "targets": {"thorough": ["bob"]},
    },
    "order-summary": {"model": {"name": "claude"}},
}


def shown(local, width):
    """Print the Monitoring table as text."""
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(local.monitoring().table())
    return console.file.getvalue()


@pytest.fixture
def busy(serve, track):
    """A variation with everything, one with failures only, one with next to nothing."""
    local = serve(CONFIGS)
    for number in range(1200):
        tracker = track(local, key="customer-support-chat")
        tracker.track_duration(12_400 if number == 0 else 1_830 if number < 200 else 420)
        tracker.track_time_to_first_token(180)
        tracker.track_tokens(TokenUsage(total=1200, input=1000, output=200))
        tracker.track_success()
    tracker.track_tool_calls(["get_weather", "get_weather", "lookup_order"])
    tracker.track_feedback({"kind": FeedbackKind.Positive})
    tracker.track_judge_result(
        JudgeResult(judge_config_key="j", success=True, sampled=True, metric_key="$ld:ai:judge:relevance", score=0.876)
    )
    track(local, key="customer-support-chat", user="bob").track_error()
    track(local, key="order-summary").track_duration(12_400)
    return local


@pytest.mark.parametrize("width", [50, 60, 79, 100, 140])
def test_h2_the_table_reads_well(busy, width):
    """Every figure stands unbroken on one line, and no line is wider than the terminal."""
    text = shown(busy, width)

    assert width >= max(map(len, text.splitlines()))
    for figure in (
        "customer-supp",
        "brief-answers",
        "order-summary",
        "1,200",
        "100% ok",
        "0% ok",
        "1 failed",
        "p50 420 ms",
        "p95 1.83 s",
        "p50 12.4 s",
        "█▃▁▁▁▁▁▁▁▂",
        "p50 180 ms",
        "in    1,200,000",
        "out     240,000",
        "total 1,440,000",
        "2× get_weather",
        "lookup_order",
        "1 up",
        "0 down",
        "relevance 0.88",
    ):
        assert figure in text


def test_h2_a_narrow_terminal_loses_no_column(local, track):
    """At 80 columns names are folded, figures are not."""
    tracker = track(local)
    tracker.track_duration(420)
    tracker.track_success()
    tracker.track_tokens(TokenUsage(total=12_345, input=12_000, output=345))
    tracker.track_feedback({"kind": FeedbackKind.Negative})
    text = shown(local, 80)

    for figure in ("Generations", "Feedback", "p95 420 ms", "total 12,345", "1 down", "0%"):
        assert figure in text


@pytest.mark.parametrize("width", [40, 50])
def test_h2_in_a_narrow_terminal_the_figures_stand_below_each_other(busy, width):
    """Nothing is cut: names, headings and figures are all there, one after the other."""
    lines = [line.rstrip() for line in shown(busy, width).splitlines()]

    assert width >= max(map(len, lines))
    assert ["customer-support-chat", "brief-answers"] == lines[:2]
    assert "  Generations 1,200" in lines
    assert "  Duration    p50 420 ms" in lines
    assert "  Tool calls  2× get_weather" in lines
    assert lines.count("") == 3


def test_h2_shares_between_none_and_all_have_a_decimal(local, track):
    """Two of three is 66.7%."""
    for outcome in ("track_success", "track_success", "track_error"):
        getattr(track(local), outcome)()

    assert "66.7% ok" in shown(local, 100)


def test_h2_a_config_that_was_not_found_is_called_so(serve, track):
    """Events without a variation are shown as such."""
    local = serve({})
    track(local).track_success()

    assert "(no variation)" in shown(local, 100)


@pytest.mark.parametrize("width", [40, 100])
def test_h2_an_empty_table_says_so(local, width):
    """Before the first run there is a word instead of an empty table."""
    assert "No run was recorded yet." in shown(local, width)


def test_h2_the_table_without_its_extra_names_the_extra(local, monkeypatch):
    """Where rich is not installed, the error has the line that installs it; the figures need no rich."""
    monkeypatch.delitem(sys.modules, "ldtrack.local._table", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    monkeypatch.setitem(sys.modules, "rich.table", None)

    assert 0 == len(local.monitoring())
    with pytest.raises(ImportError, match=r"a table of the figures needs rich.*: pip install 'ldtrack\[cli\]'"):
        local.monitoring().table()


DISTRIBUTIONS = [
    ([5], ""),
    ([5, 5, 5], ""),
    ([0, 9], "█▁▁▁█"),
    ([0, 0, 0, 0, 0, 0, 0, 9], "█▁▁▁▂"),
    ([0, 2, 4, 6, 8], "█████"),
]


@pytest.mark.parametrize(("values", "expected"), DISTRIBUTIONS)
def test_h2_sparklines_show_how_many_values_lie_where(values, expected):
    """The highest bar is the fullest step; the lowest is an empty one."""
    assert expected == sparkline(values, width=5)
