"""Delivery: ask the SDK to send what is pending, and say whether it arrived."""

from __future__ import annotations

import time
from typing import Any

from ldtrack import _clients, _reader
from ldtrack._checks import check_timeout
from ldtrack._log import warn_once
from ldtrack._postponed import catch_up


def flush(timeout: float | None = None) -> bool:
    """Send what is pending.

    True only when it is known to have arrived. LaunchDarkly's own event processor sends in the background and
    does not tell, so for a client that uses it the answer is False, and a log line says so once; `shutdown()`
    waits for it.

    Args:
        timeout: Seconds to wait at most; None waits as long as it takes.
    """
    check_timeout(timeout)
    catch_up()
    deadline = None if timeout is None else time.monotonic() + timeout
    return all([_flush(client, deadline) for client in _clients.used_clients()])  # noqa: C419 -- every one is asked


async def aflush(timeout: float | None = None) -> bool:
    """Same as `flush`, but without blocking the event loop."""
    import anyio.to_thread

    return await anyio.to_thread.run_sync(flush, timeout)


def shutdown() -> None:
    """Finish open streams, send what is pending, and close the LaunchDarkly clients that were tracked with.

    Waits until the SDK has sent everything; call it once, at the end.
    """
    _reader.end_open_streams()
    clients: list[Any] = _clients.used_clients()
    for client in clients:
        client.flush()
        client.close()
    _clients.forget()


def _flush(client: Any, deadline: float | None) -> bool:
    client.flush()
    # The one private name: the SDK has no public way to its event processor.
    wait: Any = getattr(getattr(client, "_event_processor", None), "wait_delivered", None)
    if wait is None:
        message = "flush() cannot confirm delivery with the SDK's own event processor; shutdown() waits for it"
        warn_once("delivery", "flush", message)
        return False
    return bool(wait(None if deadline is None else max(0.0, deadline - time.monotonic())))
