"""A batch of events: encoded by the SDK's formatter, sent in one part, or in halves where that is too large."""

from __future__ import annotations

import json
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ldtrack._faults import fault

if TYPE_CHECKING:
    from ldtrack._delivery.ledger import Ledger

Post: TypeAlias = "Callable[[str, str, int], int | None]"
"""Sends a body, by its payload id, with a number of events; gives the status, or None if all tries failed."""
Fate: TypeAlias = Literal["settled", "failed", "rejected"]

_TOO_LARGE = 413
_FIRST_THAT_IS_NO_SUCCESS = 300
_encode: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":")).encode


@dataclass
class Part:
    """What is sent at once: each event as JSON, and whether it was tracked (and is no evaluation or the like)."""

    events: list[tuple[str, bool]]
    payload_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    """The same for each try, so that LaunchDarkly counts once what it got twice."""

    @property
    def tracked(self) -> int:
        """How many of the events were tracked."""
        return sum(is_tracked for _, is_tracked in self.events)

    @property
    def body(self) -> str:
        """All events, as LaunchDarkly takes them."""
        return "[" + ",".join([text for text, _ in self.events]) + "]"

    def halves(self) -> Iterator[Part]:
        """Two parts in place of this one, the first of them first."""
        middle = len(self.events) // 2
        yield Part(self.events[:middle])
        yield Part(self.events[middle:])


@dataclass
class Batch:
    """The events that one sender sends, and whoever takes over after it failed."""

    number: int
    tracked: int
    payload: Any = None
    """Events as the SDK keeps them, until the sender has encoded them: that is work that no call should wait for."""
    parts: deque[Part] = field(default_factory=deque[Part])

    @property
    def size(self) -> int:
        """How many events there are in it, also of those that were not tracked."""
        return sum(len(part.events) for part in self.parts) + (len(self.payload.events) if self.payload else 0)


def encode(batch: Batch, formatter: Any, ledger: Ledger) -> None:
    """Turn a batch's payload into JSON; an event that JSON cannot hold is lost, and costs no other."""
    if batch.payload is None:
        return
    events, summary = batch.payload
    encoded = [one for event in events if (one := _encoded(lambda: formatter.make_output_event(event))) is not None]  # noqa: B023
    if not summary.is_empty():
        about = _encoded(lambda: formatter.make_summary_event(summary))
        encoded += [] if about is None else [about]
    batch.payload, part = None, Part(encoded)
    if part.tracked != batch.tracked:
        ledger.take_out(batch.number, batch.tracked - part.tracked, "invalid")
        batch.tracked = part.tracked
    if encoded:
        batch.parts.append(part)


def deliver(batch: Batch, post: Post, ledger: Ledger) -> Fate:
    """Send what is left of a batch; "failed" leaves the rest in it, for another try."""
    while batch.parts:
        part = batch.parts[0]
        status = post(part.body, part.payload_id, len(part.events))
        if status is None:
            return "failed"
        batch.parts.popleft()
        if status < _FIRST_THAT_IS_NO_SUCCESS:
            batch.tracked -= part.tracked
            ledger.deliver(batch.number, part.tracked)
        elif status != _TOO_LARGE:
            batch.parts.clear()
            return "rejected"
        elif len(part.events) > 1:
            batch.parts.extendleft(reversed([*part.halves()]))
        else:
            batch.tracked -= part.tracked
            ledger.take_out(batch.number, part.tracked, "rejected")
    return "settled"


def _encoded(make: Callable[[], Any]) -> tuple[str, bool] | None:
    try:
        event = make()
        return _encode(event), event["kind"] == "custom"
    except Exception as exc:  # noqa: BLE001 -- the SDK would lose the whole batch
        fault("event", "JSON", exc, quiet=True)
        return None
