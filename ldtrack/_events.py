"""From figures to events: what the tracker does not have yet goes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldtrack._faults import fault
from ldtrack._metrics import outcome_in
from ldtrack._tracker import tool_calls_by_hand

if TYPE_CHECKING:
    from ldai.providers.types import LDAIMetrics
    from ldai.tracker import LDAIConfigTracker

    from ldtrack._ending import Figures

_EVENT_KINDS = 5


def record(tracker: Any, figures: Figures, site: str, *, quiet: bool) -> None:
    """Send the figures of a run; what the tracker or its client raises is a fault, and costs one event."""
    try:
        send(tracker, figures)
    except Exception as exc:  # noqa: BLE001 -- D3
        send_rest(tracker, figures, site, exc, quiet=quiet)


def send_rest(tracker: Any, figures: Figures, site: str, exc: Exception, *, quiet: bool) -> None:
    """Go on after a failure: the tracker notes a metric before it sends it, so the next attempt takes the others."""
    for _ in range(_EVENT_KINDS):
        try:
            send(tracker, figures)
        except Exception as another:  # noqa: BLE001 -- one lost event must not cost the others, nor the call
            fault("event", site, another, quiet=True)
        else:
            break
    fault("event", site, exc, quiet=quiet)


def send_all(tracker: LDAIConfigTracker, reading: LDAIMetrics, elapsed_ms: int) -> None:
    """Record a response on a tracker that has recorded nothing yet.

    Raises:
        Exception: Whatever the tracker or its client raises; go on with `send_rest` then.
    """
    tracker.track_duration(elapsed_ms if reading.duration_ms is None else reading.duration_ms)
    if reading.success:
        tracker.track_success()
    elif outcome_in(reading) is not None:
        tracker.track_error()
    if reading.tokens is not None:
        tracker.track_tokens(reading.tokens)
    if reading.tool_calls:
        tracker.track_tool_calls(reading.tool_calls)


def send(tracker: Any, figures: Figures) -> None:
    """Record what nobody recorded by hand, in the order in which the SDK's own helpers do.

    Raises:
        Exception: Whatever the tracker or its client raises; go on with `send_rest` then.
    """
    recorded = tracker.get_summary()
    if recorded.duration_ms is None:
        tracker.track_duration(figures.duration_ms)
    if recorded.success is None and figures.outcome is not None:
        if figures.outcome == "success":
            tracker.track_success()
        else:
            tracker.track_error()
    if figures.tokens is not None and recorded.tokens is None:
        tracker.track_tokens(figures.tokens)
    if figures.tool_calls and (figures.told or not tool_calls_by_hand(tracker)):
        names, figures.tool_calls = figures.tool_calls, None  # should it fail, they are not sent again
        try:
            tracker.track_tool_calls(names)
        finally:
            figures.tool_calls = names
            figures.told = False
    if figures.time_to_first_token_ms is not None and recorded.time_to_first_token is None:
        tracker.track_time_to_first_token(figures.time_to_first_token_ms)
