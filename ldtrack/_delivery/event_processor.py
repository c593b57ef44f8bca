"""The SDK's event processor, with early sending, another try for what failed, and an answer to "has it arrived?".

What ldtrack knows of the inside of the SDK's event path is in here and in `batches.py`. The SDK's own parts do what
they always did: index events, summaries, private attributes, headers, the first retry. Changed are the queue (one
that neither blocks nor can deadlock in a finaliser), when a batch is handed over, and what happens to one that failed.
"""

# ldclient is not typed, and all of this is about what it keeps to itself.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false

from __future__ import annotations

# The first connection needs it. A sender that imported it just when the process forks would leave the child with a lock
# of the import that nobody ever releases, and its own first connection would wait for that.
import encodings.idna  # noqa: F401  # pyright: ignore[reportUnusedImport]
import os
import queue
import threading
import time
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from ldclient.impl.events import event_processor as sdk
from ldclient.impl.events.types import EventInputCustom

from ldtrack._delivery.batches import Batch, Fate, deliver, encode
from ldtrack._delivery.ledger import Cause, DeliveryStats, Ledger, Receipt
from ldtrack._log import warn_once

if TYPE_CHECKING:
    from collections.abc import Callable

_DefaultEventProcessor: Any = sdk.DefaultEventProcessor
_EventDispatcher: Any = sdk.EventDispatcher
_message: Any = sdk.EventProcessorMessage
_post: Any = sdk._post_events_with_retry  # noqa: SLF001

_MOST_EARLY = 1000
"""Events that go without waiting for the SDK's interval: enough for few requests, few enough to encode fast."""
_TOO_LARGE = 413
_PAUSE = 0.001
_PAUSES = 500

_CURES: dict[Cause, str] = {
    "queue_full": "raise `events_max_pending` in the client's Config",
    "buffer_full": "raise `events_max_pending` in the client's Config",
    "undeliverable": "raise `events_max_pending` in the client's Config to keep more of them for another try",
    "rejected": "the SDK's own log line names the status",
    "invalid": "JSON cannot hold their data",
    "closed": "flush() before the client is closed, and track nothing after that",
}

processors: weakref.WeakSet[ConfirmingEventProcessor] = weakref.WeakSet()
"""Those of this process."""
_counted_before: list[Ledger] = []
"""Of processors that are gone."""


class ConfirmingEventProcessor(_DefaultEventProcessor):  # type: ignore[misc]  # ldclient has no types
    """LaunchDarkly's event processor, which also knows what has arrived.

    `ldtrack.confirming_event_processor` says what it does differently.
    """

    def __init__(self, config: Any) -> None:
        self._ledger = Ledger()
        self._capacity: int = config.events_max_pending
        self._pid = os.getpid()
        self._ended = threading.Event()
        self._before: Predecessor | None = None
        super().__init__(config, dispatcher_class=self._start)
        processors.add(self)
        weakref.finalize(self, _counted_before.append, self._ledger).atexit = False

    def send_event(self, event: Any) -> None:
        """Put an event into the queue; never blocks."""
        if isinstance(event, EventInputCustom):
            self._ledger.track()
        if self._closed:
            self._turn_away(event, "closed")
        elif self._inbox.qsize() >= self._capacity:
            self._turn_away(event, "queue_full")
        else:
            self._inbox.put(_message("event", event))

    def wait_delivered(self, timeout: float | None) -> bool:
        """Send what is pending, and wait; True if all that was tracked before has been answered with a 2xx status.

        False when the time is up, as soon as something could not be sent, and for losses since the last time.
        """
        if os.getpid() != self._pid:
            return False
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._before is not None and not self._before.is_done(self, timeout):
            return False
        receipt = self._ledger.receipt()
        if self._ended.is_set():
            self._ledger.cover(receipt)
        else:
            self._inbox.put(_message("event", Note(lambda: self._dispatcher.send_all_for(receipt))))
        return self._ledger.redeem(receipt, None if deadline is None else max(0.0, deadline - time.monotonic()))

    def stats(self) -> DeliveryStats:
        """Count the tracked events, and what became of them."""
        return self._ledger.stats()

    @property
    def is_closed(self) -> bool:
        """Whether it takes no more events."""
        return bool(self._closed)

    def stop(self) -> None:
        """Send what is pending and wait for that, also where all senders are busy. Does nothing in a forked child."""
        if os.getpid() == self._pid:
            super().stop()
            self._ended.set()

    def take_over_from(self, predecessor: Predecessor) -> None:
        """Wait for another processor, whose place this one takes, too."""
        self._before = predecessor

    def _post_to_inbox(self, message: Any) -> None:
        self._inbox.put(message)  # what the SDK itself posts with this is no event, and little

    def _start(self, _inbox: Any, config: Any, http: Any, diagnostics: Any) -> None:
        self._inbox: Any = queue.SimpleQueue()
        self._dispatcher = Dispatcher(self._inbox, config, http, diagnostics, self._ledger)

    def _turn_away(self, event: Any, cause: Cause) -> None:
        if isinstance(event, EventInputCustom):
            self._ledger.drop(1, cause)
            tell_loss(cause)


class Note:
    """Something that the dispatcher is to do in its own thread, when its turn comes in the queue."""

    __slots__ = ("do",)

    def __init__(self, do: Callable[[], object]) -> None:
        self.do = do


class Dispatcher(_EventDispatcher):  # type: ignore[misc]  # ldclient has no types
    """The SDK's dispatcher, with another idea of when to send, and of what to do with what failed.

    All of it runs in the dispatcher's own thread, but for `_send`, which runs in one of the senders'.
    """

    def __init__(self, inbox: Any, config: Any, http: Any, diagnostics: Any, ledger: Ledger) -> None:
        self._ledger = ledger
        self._capacity: int = config.events_max_pending
        self._early: int = max(1, min(_MOST_EARLY, self._capacity // 4))
        self._unsent: list[Batch] = []
        """Batches that wait for a sender, or for another try."""
        self._unsent_events = 0
        self._busy = 0
        self._is_failing = False
        self.waiting = 0
        """Tracked events that are in no batch yet."""
        super().__init__(inbox, config, http, diagnostics)

    def send_all_for(self, receipt: Receipt) -> None:
        """Send everything, and let a receipt cover it."""
        self._trigger_flush()
        self._ledger.cover(receipt)

    def _process_event(self, event: Any) -> None:
        if isinstance(event, Note):
            event.do()
        elif not isinstance(event, EventInputCustom):
            super()._process_event(event)
        elif self._disabled:
            self._lose(1, "rejected")
        elif self._unsent_events + self.waiting >= self._capacity:
            self._lose(1, "buffer_full")
        else:
            super()._process_event(event)
            self._count(event)

    def _count(self, event: Any) -> None:
        events: list[Any] = self._outbox._events  # noqa: SLF001
        if not events or events[-1] is not event:  # index events took the last place
            self._lose(1, "buffer_full")
            return
        self.waiting += 1
        if self.waiting >= self._enough and self._busy < self._senders and not self._is_failing:
            self._trigger_flush()

    @property
    def _enough(self) -> int:
        """More for each busy sender, or a slow endpoint would keep all of them busy with little."""
        return min(self._early << self._busy, max(1, self._capacity // 2))

    @property
    def _senders(self) -> int:
        return int(self._flush_workers._size)  # noqa: SLF001

    def _trigger_flush(self) -> None:
        if self._disabled:
            self._give_up("rejected")
            return
        payload = self._outbox.get_payload()
        if payload.events or not (self._unsent or payload.summary.is_empty()):
            self._outbox.clear()
            self._keep(Batch(self._ledger.begin(self.waiting), self.waiting, self._bounded(payload)))
            self.waiting = 0
        self._start_sending()

    def _bounded(self, payload: Any) -> Any:
        """Leave out what was not tracked (who was evaluated, say) where there is no room for it."""
        if self._unsent_events + len(payload.events) <= self._capacity:
            return payload
        tracked = [event for event in payload.events if isinstance(event, EventInputCustom)]
        return type(payload)(tracked, payload.summary)

    def _start_sending(self) -> None:
        """Give the senders what there is; one batch at a time while the endpoint fails."""
        while self._unsent and not (self._is_failing and self._busy):
            batch = self._unsent[0]
            if not self._has_taken(partial(self._send, batch)):
                return
            self._busy += 1
            self._unsent_events -= batch.size
            del self._unsent[0]

    def _has_taken(self, job: Callable[[], None]) -> bool:
        for _ in range(_PAUSES):
            if self._flush_workers.execute(job):
                return True
            if self._busy >= self._senders:
                return False
            time.sleep(_PAUSE)  # a sender that has just told that it is done is about to be free
        return False  # pragma: no cover -- half a second for a few instructions

    def _send(self, batch: Batch) -> None:
        fate: Fate = "failed"
        try:
            encode(batch, self._formatter, self._ledger)
            fate = deliver(batch, self._posted, self._ledger)
        finally:
            self._inbox.put(_message("event", Note(lambda: self._was_sent(batch, fate))))

    def _posted(self, body: str, payload_id: str, events: int) -> int | None:
        config = self._config
        response = _post(self._http, config, config.events_uri, payload_id, body, f"{events} events")
        if response is None:
            return None
        if response.status != _TOO_LARGE:  # which would switch the dispatcher off for good
            self._handle_response(response)
        return int(response.status)

    def _was_sent(self, batch: Batch, fate: Fate) -> None:
        self._busy -= 1
        self._is_failing = fate == "failed"
        if fate == "settled":
            self._ledger.settle(batch.number)
        elif fate == "rejected":
            self._lose_batch(batch, "rejected")
        elif self._unsent_events + self.waiting + batch.size > self._capacity:
            self._lose_batch(batch, "undeliverable")
        else:
            self._keep(batch, first=True)
            self._ledger.fail(batch.number)
        self._go_on()

    def _go_on(self) -> None:
        if self._is_failing:
            return  # until the next interval, or until somebody asks
        if self.waiting >= self._enough:
            self._trigger_flush()
        else:
            self._start_sending()

    def _keep(self, batch: Batch, *, first: bool = False) -> None:
        self._unsent.insert(0 if first else len(self._unsent), batch)
        self._unsent_events += batch.size

    def _lose_batch(self, batch: Batch, cause: Cause) -> None:
        if self._ledger.lose(batch.number, cause):
            tell_loss(cause)

    def _lose(self, events: int, cause: Cause) -> None:
        if events:
            self._ledger.drop(events, cause)
            tell_loss(cause)

    def _give_up(self, cause: Cause) -> None:
        for batch in self._unsent:
            self._lose_batch(batch, cause)
        self._lose(self.waiting, cause)
        self._outbox.clear()
        self._unsent.clear()
        self._unsent_events = self.waiting = 0

    def _do_shutdown(self) -> None:
        """Send what can be sent before the senders are told to stop; the SDK tells them at once."""
        self._trigger_flush()
        while self._busy:
            self._take_late(self._inbox.get())
        super()._do_shutdown()
        while not self._inbox.empty():
            self._take_late(self._inbox.get())
        self._give_up("closed")

    def _take_late(self, message: Any) -> None:
        if message.type == "event":
            self._process_event(message.param)


class Predecessor:
    """An SDK's own processor that was told to send what it had, and to end."""

    def __init__(self, processor: Any) -> None:
        self._inbox = processor._inbox  # noqa: SLF001
        self._ended = threading.Event()
        for timer in ("_flush_timer", "_contexts_flush_timer", "_diagnostic_event_timer"):
            if getattr(processor, timer, None) is not None:
                getattr(processor, timer).stop()
        processor._closed = True  # noqa: SLF001
        self._inbox.put(_message("flush", None))
        self._inbox.put(_message("stop", self._ended))

    def is_done(self, successor: ConfirmingEventProcessor, timeout: float | None) -> bool:
        """Wait for it, and hand on what reached it too late: threads that were just about to give it an event."""
        if not self._ended.wait(timeout):
            return False
        while not self._inbox.empty():
            message = self._inbox.get()
            if message.type == "event":
                successor.send_event(message.param)
        return True


def install(client: Any) -> None:
    """Put a `ConfirmingEventProcessor` in the place of the SDK's own; anybody else's stays."""
    old: Any = getattr(client, "_event_processor", None)
    if type(old) is not _DefaultEventProcessor or old._closed:  # noqa: SLF001
        return
    client._event_processor = new = ConfirmingEventProcessor(client._config)  # noqa: SLF001
    new.take_over_from(Predecessor(old))


def all_stats() -> list[DeliveryStats]:
    """What each processor of this process counts, or counted."""
    return [ledger.stats() for ledger in _counted_before] + [one.stats() for one in list(processors)]


def tell_loss(cause: Cause) -> None:
    """Log the first loss of a kind."""
    message = "events are being lost (%s): %s; ldtrack.delivery_stats() counts them"
    warn_once("loss", cause, message, cause, _CURES[cause])


def _begin_anew() -> None:
    """What the parent has to send, and what it sent, is none of the child's."""
    processors.clear()
    _counted_before.clear()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
