"""Delivery: send what is pending, and say whether it arrived."""

from __future__ import annotations

from typing import Any

from ldtrack import _clients, _reader
from ldtrack._checks import check_timeout
from ldtrack._delivery.ledger import DeliveryStats
from ldtrack._delivery.processors import make_confirming, own_processors, processor_of, stats, wait_for
from ldtrack._faults import fault
from ldtrack._postponed import catch_up


def flush(timeout: float | None = None) -> bool:
    """Send what is pending, and wait until it has arrived.

    True only when all that was tracked before has been answered with a 2xx status. False when the time is up, when
    something could not be sent (it is kept for another try), for losses that no earlier `flush` told, and for clients
    whose event processor does not tell what has arrived, which a log line says once.

    Args:
        timeout: Seconds to wait at most; None waits as long as the SDK tries.
    """
    check_timeout(timeout)
    catch_up()
    for client in _clients.used_clients():
        make_confirming(client)  # the SDK's postfork() gives it a new processor
        _do("flush", client)
    return wait_for(_processors(), timeout)


async def aflush(timeout: float | None = None) -> bool:
    """Same as `flush`, but without blocking the event loop."""
    import anyio.to_thread

    check_timeout(timeout)
    return await anyio.to_thread.run_sync(flush, timeout, abandon_on_cancel=True)


def shutdown() -> None:
    """Finish open streams, send what is pending, and close the LaunchDarkly clients that were tracked with.

    Waits until everything has been sent, or the SDK has given up; call it once, at the end.
    """
    _reader.end_open_streams()
    for client in _clients.used_clients():
        _do("flush", client)
        _do("close", client)
    _clients.forget()


def delivery_stats() -> DeliveryStats:
    """Count what became of the events of all clients that this process tracked with, also of those closed since.

    Clients with an event processor of their own kind are not counted: it does not tell.
    """
    return stats()


def _do(what: str, client: Any) -> None:
    """Have a client do something; one that cannot must not keep the others from it."""
    try:
        getattr(client, what)()
    except Exception as exc:  # noqa: BLE001 -- an app that ends, or hands on a request, has no use for it
        fault(what, type(client).__name__, exc)


def _processors() -> list[Any]:
    """Those of the clients in use, and whatever else confirms: each once."""
    used = [processor_of(client) for client in _clients.used_clients()]
    return list({id(processor): processor for processor in [*used, *own_processors()]}.values())
