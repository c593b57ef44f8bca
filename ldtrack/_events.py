"""From figures to events: what the tracker does not have yet goes to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldtrack._faults import fault
from ldtrack._tracker import tool_calls_by_hand

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldtrack._ending import Figures


def send(tracker: Any, figures: Figures, site: str, *, quiet: bool) -> None:
    """Record what nobody recorded by hand, in the order in which the SDK's own helpers do."""
    recorded = tracker.get_summary()
    if recorded.duration_ms is None:
        _track(tracker.track_duration, figures.duration_ms, site, quiet=quiet)
    if figures.outcome is not None and recorded.success is None:
        _track_outcome(tracker, figures.outcome, site, quiet=quiet)
    if figures.tokens is not None and recorded.tokens is None:
        _track(tracker.track_tokens, figures.tokens, site, quiet=quiet)
    if figures.tool_calls and not tool_calls_by_hand(tracker):
        _track(tracker.track_tool_calls, figures.tool_calls, site, quiet=quiet)
    if figures.time_to_first_token_ms is not None and recorded.time_to_first_token is None:
        _track(tracker.track_time_to_first_token, figures.time_to_first_token_ms, site, quiet=quiet)


def _track_outcome(tracker: Any, outcome: str, site: str, *, quiet: bool) -> None:
    try:
        if outcome == "success":
            tracker.track_success()
        else:
            tracker.track_error()
    except Exception as exc:  # noqa: BLE001 -- one lost event must not cost the others, nor the call
        fault("event", site, exc, quiet=quiet)


def _track(method: Callable[[Any], None], value: Any, site: str, *, quiet: bool) -> None:
    try:
        method(value)
    except Exception as exc:  # noqa: BLE001 -- as above
        fault("event", site, exc, quiet=quiet)
