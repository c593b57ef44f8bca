"""The monitor's page beside the demo, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import threading
import webbrowser
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from ldtrack._optional import extra

if TYPE_CHECKING:
    from ldtrack.local import CustomEvent

Shown: TypeAlias = "Callable[[Iterable[CustomEvent]], None]"
"""Takes events that the page is to show."""

_HOST = "127.0.0.1"
_SECONDS_TO_START = 30
_SECONDS_TO_END = 5


@contextmanager
def page(configs: dict[str, Any]) -> Generator[tuple[str, Shown], None, None]:
    """Serve the page, and open it in a browser; gives its address, and what shows events.

    Raises:
        ImportError: `ldtrack[monitor]` is not installed.
    """
    with extra("monitor", "the page"):
        from ldtrack.monitor._app import app_of
        from ldtrack.monitor._monitor import Monitor
        from ldtrack.monitor._serve import address_of, listen, server_of
    from ldtrack.local._configs import flags_of

    monitor = Monitor()
    monitor.flags.replace(flags_of(configs, unchecked=False))
    listener = listen(_HOST, 0)
    ready = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    def started() -> None:
        loops.append(asyncio.get_running_loop())
        ready.set()

    def shown(events: Iterable[CustomEvent]) -> None:
        loops[0].call_soon_threadsafe(monitor.recorded.add, list(events))

    server = server_of(app_of(monitor, None, _silent), started)
    thread = threading.Thread(target=partial(server.run, sockets=[listener]), name="ldtrack-page", daemon=True)
    thread.start()
    ready.wait(_SECONDS_TO_START)
    address = address_of(listener, None)
    webbrowser.open(address)
    try:
        yield address, shown
    finally:
        server.should_exit = True
        thread.join(_SECONDS_TO_END)  # it ends with the process anyway


def _silent(_line: str) -> None:
    pass
