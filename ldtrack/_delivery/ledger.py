"""What became of a client's events: batches under way, who waits for them, and what was lost and why."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

Cause: TypeAlias = Literal["queue_full", "buffer_full", "undeliverable", "rejected", "invalid", "closed"]
"""Why events were lost:

- `queue_full`: they came faster than the SDK's thread could take them, with `events_max_pending` waiting already;
- `buffer_full`: all senders were busy, with `events_max_pending` waiting for one of them;
- `undeliverable`: the endpoint failed, and `events_max_pending` were being kept for another try;
- `rejected`: the endpoint refused them for good, as it does with a wrong SDK key;
- `invalid`: JSON cannot hold what they carry;
- `closed`: the client was closed before they were delivered, or before they were tracked.
"""


@dataclass(frozen=True)
class DeliveryStats:
    """What became of the events that were tracked, in events: a run is six to eight of them."""

    tracked: int = 0
    """Handed to the client."""
    delivered: int = 0
    """Answered with a 2xx status by LaunchDarkly."""
    pending: int = 0
    """Neither delivered nor lost yet."""
    dropped: Mapping[Cause, int] = field(default_factory=dict[Cause, int])
    """Lost, by cause."""

    @property
    def lost(self) -> int:
        """All that were dropped."""
        return sum(self.dropped.values())

    def plus(self, other: DeliveryStats) -> DeliveryStats:
        """Both together."""
        dropped = Counter(self.dropped)
        dropped.update(other.dropped)
        delivered, pending = self.delivered + other.delivered, self.pending + other.pending
        return DeliveryStats(self.tracked + other.tracked, delivered, pending, dict(dropped))


class Receipt:
    """What a flush waits for: the batches that hold all that was tracked before it."""

    def __init__(self, lost_before: int) -> None:
        self.lost_before = lost_before
        self._open: set[int] = set()
        self._settled = threading.Event()
        self._failed = False

    def cover(self, batches: Iterable[int]) -> None:
        """Wait for these batches."""
        self._open = set(batches)
        self._look()

    def note(self, batch: int, *, arrived: bool) -> None:
        """Take note of what became of a batch; the first that failed decides."""
        if batch in self._open:
            self._open.discard(batch)
            self._failed |= not arrived
            self._look()

    def wait(self, timeout: float | None) -> bool:
        """Wait until all of it has arrived; False for a failure, and when the time is up."""
        return self._settled.wait(timeout) and not self._failed

    def _look(self) -> None:
        if self._failed or not self._open:
            self._settled.set()


class Ledger:
    """Counts the events of one event processor; knows no SDK."""

    def __init__(self) -> None:
        # Re-entrant: the garbage collector may end a forgotten stream, whose events may be lost, anywhere in here.
        self._lock = threading.RLock()
        self._last = 0
        self._open: dict[int, int] = {}
        self._receipts: list[Receipt] = []
        self._tracked = 0
        self._delivered = 0
        # No Counter: that would call a function between reading a count and writing it, where the collector may run.
        self._dropped: dict[Cause, int] = dict.fromkeys(get_args(Cause), 0)
        self._reported = 0

    def track(self) -> None:
        """Count an event that was handed over."""
        with self._lock:
            self._tracked += 1

    def begin(self, events: int) -> int:
        """Number a batch that is to be sent."""
        with self._lock:
            self._last += 1
            self._open[self._last] = events
            return self._last

    def deliver(self, batch: int, events: int) -> None:
        """Count events of a batch as delivered."""
        with self._lock:
            self._open[batch] -= events
            self._delivered += events

    def take_out(self, batch: int, events: int, cause: Cause) -> None:
        """Count events of a batch as lost."""
        with self._lock:
            self._open[batch] -= events
            self._dropped[cause] += events

    def settle(self, batch: int) -> None:
        """Close a batch, all events of which were delivered or taken out."""
        with self._lock:
            del self._open[batch]
            self._tell(batch, arrived=True)

    def fail(self, batch: int) -> None:
        """Tell those who wait that a batch could not be sent; it is kept for another try."""
        with self._lock:
            self._tell(batch, arrived=False)

    def lose(self, batch: int, cause: Cause) -> int:
        """Close a batch, and count what was left of it as lost; gives how much that was."""
        with self._lock:
            events = self._open.pop(batch)
            self._dropped[cause] += events
            self._tell(batch, arrived=False)
            return events

    def drop(self, events: int, cause: Cause) -> None:
        """Count events as lost that never were in a batch."""
        with self._lock:
            self._dropped[cause] += events

    def receipt(self) -> Receipt:
        """Give what a flush is to wait with; it has to be told what it covers."""
        with self._lock:
            made = Receipt(self._reported)
            self._receipts.append(made)
            return made

    def cover(self, receipt: Receipt) -> None:
        """Let a receipt cover all batches that are open."""
        with self._lock:
            receipt.cover(self._open)

    def redeem(self, receipt: Receipt, timeout: float | None) -> bool:
        """Wait for a receipt. False also for what was lost since somebody was last told so: each loss is told once."""
        arrived = receipt.wait(timeout)
        with self._lock:
            self._receipts.remove(receipt)
            self._reported = lost = sum(self._dropped.values())
            return arrived and lost == receipt.lost_before

    def stats(self) -> DeliveryStats:
        """What became of the events so far; all of it of the same moment."""
        with self._lock:
            dropped: dict[Cause, int] = {cause: events for cause, events in self._dropped.items() if events}
            pending = self._tracked - self._delivered - sum(dropped.values())
            return DeliveryStats(self._tracked, self._delivered, pending, dropped)

    def _tell(self, batch: int, *, arrived: bool) -> None:
        for receipt in self._receipts:
            receipt.note(batch, arrived=arrived)
