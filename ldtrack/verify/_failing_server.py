"""A provider that answers 500 to everything, and counts how often it was asked."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ldtrack._loopback import serve

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class FailingServer:
    """Where it is, and how often it was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.requests = 0


@contextmanager
def failing_server() -> Generator[FailingServer, None, None]:
    """Run it for as long as a block lasts."""
    server = FailingServer()

    async def fail(_request: Request) -> JSONResponse:
        server.requests += 1
        return JSONResponse({"error": {"message": "an error forced by ldtrack verify"}}, status_code=500)

    with serve(Starlette(routes=[Route("/{rest:path}", fail, methods=_METHODS)])) as server.address:
        yield server
