"""The event processor that keeps custom events instead of sending them."""

from __future__ import annotations

from typing import Any

from ldclient.interfaces import EventProcessor

from ldtrack.local._events import CustomEvent


class EventRecorder(EventProcessor):
    """Append custom events to a list; evaluations and identifications are not kept."""

    def __init__(self, events: list[CustomEvent]) -> None:
        self._append = events.append  # atomic, so threads need no lock

    def send_event(self, event: Any) -> None:
        if hasattr(event, "metric_value"):  # no other kind of event has one, and their classes are private
            self._append(event)

    def flush(self) -> None:
        """Nothing is waiting."""

    def stop(self) -> None:
        self._append = _lose

    def wait_delivered(self, timeout: float | None) -> bool:  # noqa: ARG002 -- others have to wait
        """Say that everything is delivered: recording does not wait."""
        return True


def _lose(event: CustomEvent, /) -> None:
    """Be as silent as the SDK about what is tracked after `close()`."""
