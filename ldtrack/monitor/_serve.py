"""The monitor's server: an address of its own until somebody ends it."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

_BACKLOG = 512
_SECONDS_FOR_STREAMS_TO_END = 1


class AddressTakenError(OSError):
    """The address cannot be had."""


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0 is any that is free.

    Raises:
        AddressTakenError: Somebody else has it, or it is none of this machine's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as exc:
        raise AddressTakenError(
            f"port {port} of {host} cannot be had ({exc.strerror}); "
            "another monitor may be running: choose another port with --port"
        ) from exc
    return listener


def address_of(listener: socket.socket, token: str | None) -> str:
    """Return what apps and browsers are pointed at."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 -- compared
    return f"http://{shown}:{port}" + (f"/{token}" if token else "")


def server_of(app: ASGIApp, started: Callable[[], object]) -> uvicorn.Server:
    """Make the server; `started` is called when it answers."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=_SECONDS_FOR_STREAMS_TO_END,
        server_header=False,
    )
    return _Server(config, started)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], object]) -> None:
        super().__init__(config)
        self._tell_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._tell_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        logging.getLogger("uvicorn.error").disabled = True  # streams that are cut off now are no error
        await super().shutdown(sockets)
