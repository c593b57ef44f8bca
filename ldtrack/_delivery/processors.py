"""Event processors that confirm: the door to `event_processor`, which stays shut if the SDK's inside has changed."""

from __future__ import annotations

import functools
import time
from types import ModuleType
from typing import Any

from ldclient.config import Config
from ldclient.interfaces import EventProcessor

from ldtrack._delivery.ledger import DeliveryStats
from ldtrack._log import warn_once


def confirming_event_processor(config: Config) -> EventProcessor:
    """Make LaunchDarkly's event processor, with what it takes to know what has arrived.

    ldtrack puts one into each client that it tracks with, in place of the SDK's own. To have it from the client's first
    event on, give it to the client: `LDClient(Config(sdk_key, event_processor_class=confirming_event_processor))`.
    It differs from the SDK's own in this:

    - A batch goes as soon as 1,000 events, or a quarter of `events_max_pending`, are waiting, not only at each
      `flush_interval`.
    - What could not be sent is kept for another try, within `events_max_pending`. What is too large for the endpoint
      is halved. An event that JSON cannot hold costs no other.
    - `flush` learns whether everything has arrived; `delivery_stats` counts what has, and what was lost and why.
    - Closing it sends everything first, also where all of the SDK's senders are busy.
    - As with any event processor of one's own, the SDK sends no diagnostic events about itself.

    Args:
        config: The client's; the SDK passes it.
    """
    inside = _inside()
    if inside is None:
        from ldclient.impl.events.event_processor import DefaultEventProcessor

        return DefaultEventProcessor(config)  # type: ignore[no-untyped-call]  # ldclient leaves it unannotated
    made: EventProcessor = inside.ConfirmingEventProcessor(config)
    return made


def make_confirming(client: Any) -> None:
    """Let a ready client have such a processor; nobody's own processor is replaced."""
    inside = _inside()
    if inside is None:
        return
    try:
        inside.install(client)
    except Exception as exc:  # noqa: BLE001 -- the SDK's own goes on
        _warn(exc)


def processor_of(client: Any) -> Any:
    """What a client gives its events to; None for what is no client of the SDK's."""
    return getattr(client, "_event_processor", None)


def own_processors() -> list[Any]:
    """The confirming processors of this process that are not closed."""
    inside = _inside()
    return [] if inside is None else [one for one in list(inside.processors) if not one.is_closed]


def wait_for(processors: list[Any], timeout: float | None) -> bool:
    """Wait until all that these processors have has arrived; False if one cannot tell."""
    deadline = None if timeout is None else time.monotonic() + timeout
    return all([_waited(one, deadline) for one in processors])  # noqa: C419 -- every one is asked


def stats() -> DeliveryStats:
    """Add up what the confirming processors of this process have counted, also those that are closed."""
    inside = _inside()
    known: list[DeliveryStats] = [] if inside is None else inside.all_stats()
    return functools.reduce(DeliveryStats.plus, known, DeliveryStats())


def _waited(processor: Any, deadline: float | None) -> bool:
    wait = getattr(processor, "wait_delivered", None)
    if wait is None:
        name = type(processor).__name__
        warn_once("delivery", name, "flush() cannot confirm delivery: %s does not tell what has arrived", name)
        return False
    return bool(wait(None if deadline is None else max(0.0, deadline - time.monotonic())))


@functools.cache
def _inside() -> ModuleType | None:
    try:
        from ldtrack._delivery import event_processor
    except Exception as exc:  # noqa: BLE001 -- whatever a later SDK has renamed
        _warn(exc)
        return None
    return event_processor


def _warn(exc: Exception) -> None:
    message = "this release of launchdarkly-server-sdk keeps its events in another way: delivery cannot be confirmed"
    warn_once("delivery", "sdk", message, exc=exc)
