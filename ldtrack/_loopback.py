"""A web server on the loopback interface, in a thread of its own, for as long as a `with` block lasts."""

from __future__ import annotations

import atexit
import os
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from starlette.applications import Starlette

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serve(app: Starlette) -> Generator[str]:
    """Serve `app` on a free port; gives the root URL, without a slash at the end."""
    with _listener() as listener:
        config = uvicorn.Config(app, loop="asyncio", log_config=None, ws="none", timeout_graceful_shutdown=1)
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="ldtrack-loopback", daemon=True)
        thread.start()
        server.ready.wait(timeout=10)
        stop = partial(_stop, server, thread)
        atexit.register(stop)  # a block that nobody leaves must not keep the process alive
        try:
            with _no_proxy():
                yield f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            atexit.unregister(stop)
            stop()


def _stop(server: _Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join()


def _listener() -> socket.socket:
    # Named explicitly: asyncio leaves a socket of unnamed protocol without TCP_NODELAY, 40 ms for each response.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind((HOST, 0))
    listener.listen(128)
    return listener


@contextmanager
def _no_proxy() -> Generator[None]:
    """Keep the HTTP clients from sending loopback traffic through the machine's proxy."""
    before = os.environ.get("no_proxy", os.environ.get("NO_PROXY"))
    past = ",".join(filter(None, [before, HOST]))
    with environment(NO_PROXY=past, no_proxy=past):
        yield


@contextmanager
def environment(**values: str) -> Generator[None]:
    """Set environment variables, and put back what was there."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
