"""What the page's tables and charts say; how it looks is for the browser's tests."""

from __future__ import annotations

from typing import Any

import pytest
from ldclient import Context

from ldtrack.local import VariationMetrics
from ldtrack.local._configs import flags_of
from ldtrack.local._events import EventKey
from ldtrack.local._tally import measure
from ldtrack.monitor._received import ReceivedEvent
from ldtrack.monitor._served import ServedFlags
from ldtrack.monitor.page._checklist import checklist_row
from ldtrack.monitor.page._cost import cost_of
from ldtrack.monitor.page._figures import figures_row
from ldtrack.monitor.page._histogram import histogram

PRICED = {"costPerInputToken": 0.5, "costPerOutputToken": 2}
RUN = [
    (EventKey.DURATION, 1500),
    (EventKey.SUCCESS, 1),
    (EventKey.INPUT_TOKENS, 4),
    (EventKey.OUTPUT_TOKENS, 3),
    (EventKey.TOTAL_TOKENS, 7),
]


def metrics(*events: tuple[str, float], variation: str = "brief") -> VariationMetrics:
    """The figures of these events."""
    made = (ReceivedEvent(key, {"toolKey": "search"}, value, Context.create("u"), 0) for key, value in events)
    return measure("chat", variation, made)


def served(custom: Any) -> ServedFlags:
    """One config whose variation `brief` has this in `model.custom`."""
    flags = ServedFlags()
    variations = {"brief": {"model": {"name": "m", "custom": custom}}, "bare": {"model": {"name": "m"}}}
    flags.replace(flags_of({"chat": {"variations": variations}}, unchecked=False))
    return flags


@pytest.mark.parametrize(
    ("custom", "variation", "cost"),
    [
        (PRICED, "brief", 8.0),
        ({**PRICED, "costPerInputToken": 0}, "brief", 6.0),
        ({"costPerInputToken": 0.5}, "brief", None),
        ({}, "brief", None),
        (PRICED, "bare", None),
        (PRICED, "gone", None),
    ],
)
def test_a_cost_is_shown_where_every_token_has_a_price(custom: Any, variation: str, cost: float | None) -> None:
    """Else there is none: half a cost would be a wrong one."""
    variations = served(custom).variations("chat")
    assert cost == cost_of(metrics(*RUN, variation=variation), variations)
    assert cost_of(metrics(), []) is None


def test_a_row_of_figures() -> None:
    """Every figure of the Monitoring tab, and a dash where there is none."""
    more = [
        (EventKey.ERROR, 1),
        (EventKey.TIME_TO_FIRST_TOKEN, 120),
        (EventKey.TOOL_CALL, 1),
        (EventKey.TOOL_CALL, 1),
        (EventKey.THUMBS_UP, 1),
        (EventKey.THUMBS_DOWN, 1),
        ("$ld:ai:judge:relevance", 0.75),
    ]
    row = figures_row(metrics(*RUN, *more), served(PRICED))
    assert {
        "id": "chat brief",
        "config": "chat",
        "variation": "brief",
        "generations": "2",
        "success": "50.0%",
        "errors": "1",
        "duration": "1.50 s / 1.50 s",
        "ttft": "120 ms / 120 ms",
        "tokens": "4 / 3 / 7",
        "tools": "2× search",
        "satisfaction": "50.0% (1 up, 1 down)",
        "judges": "relevance 0.75",
        "cost": "8.0000",
    } == row

    bare = figures_row(metrics(variation=""), served({}))
    assert {"variation", "success", "duration", "ttft", "tools", "satisfaction", "judges", "cost"} == {
        name for name, text in bare.items() if text == "–"
    }


@pytest.mark.parametrize(
    ("events", "column", "text"),
    [
        (RUN, "duration", "✓"),
        (RUN[1:], "duration", "✗ wrap the call: @tracked or track_duration"),
        (RUN, "tokens", "✓"),
        ([*RUN[:3], RUN[4]], "tokens", "✗ only input tokens: the extractor reads no more"),
        ([*RUN[:3], (EventKey.TOTAL_TOKENS, 4)], "tokens", "✓"),
        ([RUN[1], RUN[3]], "tokens", "✗ only output tokens: the extractor reads no more"),
        (
            [*RUN, *RUN, RUN[1]],
            "tokens",
            "✗ 1 of 3 without: ask the provider for usage, or register an extractor",
        ),
        ([*RUN, RUN[4], RUN[1]], "tokens", "✓"),
        (RUN[:2], "tokens", "✗ ask the provider for usage, or register an extractor"),
        ([(EventKey.ERROR, 1)], "tokens", "no success yet"),
        ([*RUN, (EventKey.ERROR, 1)], "success", "✓ 1 of 2"),
        (RUN[:1], "success", "✗ neither was recorded"),
        ([*RUN, (EventKey.TIME_TO_FIRST_TOKEN, 9)], "ttft", "✓ of 1 streams"),
        (RUN, "ttft", "no stream seen"),
        (RUN, "flush", "✓ 40 ms after tracking"),
    ],
)
def test_a_row_of_the_checklist(events: list[tuple[str, float]], column: str, text: str) -> None:
    """What is there, and how to mend what is not."""
    assert text == checklist_row("chat", [metrics(*events)], 40)[column]


def test_events_of_an_earlier_start_are_not_said_to_be_flushed() -> None:
    """Nobody knows when they arrived."""
    assert "before the monitor started" == checklist_row("chat", [metrics(*RUN)], None)["flush"]


def test_distributions_have_common_steps() -> None:
    """Of all names together, from the lowest to the highest."""
    steps, counts = histogram({"a": [0, 1, 199], "b": [100]})
    assert ("0 ms", "190 ms", 20) == (steps[0], steps[-1], len(steps))
    assert [(0, 2), (19, 1)] == [(step, count) for step, count in enumerate(counts["a"]) if count]
    assert (10, 1) == (counts["b"].index(1), sum(counts["b"]))

    assert (["7 ms"], {"a": [2]}) == histogram({"a": [7, 7]})
    assert ([], {"a": []}) == histogram({"a": []})
