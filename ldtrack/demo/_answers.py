"""A loopback server that gives every request the same answer: what an SDK's example needs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from ldtrack._loopback import serve

if TYPE_CHECKING:
    from starlette.requests import Request

_PAUSE = 0.02
"""Seconds before each piece of a stream."""


@contextmanager
def answering(
    *pieces: str | bytes,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
    status: int = 200,
) -> Generator[str]:
    """Answer every request on this machine for as long as the block lasts; gives the server's URL.

    Args:
        pieces: The body; several are sent one after the other, with a pause before each, as a model's stream is.
        content_type: Of the body.
        headers: Further ones.
        status: The HTTP status.
    """
    bodies = [piece.encode() if isinstance(piece, str) else piece for piece in pieces]

    async def answer(request: Request) -> Response:
        await request.body()
        if len(bodies) > 1:
            return StreamingResponse(_paced(bodies), status, headers, content_type)
        return Response(b"".join(bodies), status, headers, content_type)

    methods = ["GET", "POST", "PUT"]
    with serve(Starlette(routes=[Route("/{path:path}", answer, methods=methods)])) as root:
        yield root


async def _paced(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        await anyio.sleep(_PAUSE)
        yield piece
