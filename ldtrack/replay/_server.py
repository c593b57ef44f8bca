"""Answers each request with the bytes that were recorded, streams one event at a time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from ldtrack.replay._cases import Case

FIRST_DELAY = 0.004
"""Seconds before a stream's first event: no time to first token can be shorter."""


def app(cases: Sequence[Case]) -> Starlette:
    """An application that plays case `n` to every request below `/n/`, whatever the rest of the path says."""

    async def play(request: Request) -> Response:
        number: int = request.path_params["number"]
        case = cases[number]
        status, headers = case.response.status, dict(case.response.headers)
        if case.streaming:
            return StreamingResponse(_slowly(case.response.body), status, headers)
        return Response(case.response.body, status, headers)

    return Starlette(routes=[Route("/{number:int}/{rest:path}", play, methods=["GET", "POST"])])


async def _slowly(body: bytes) -> AsyncIterator[bytes]:
    await anyio.sleep(FIRST_DELAY)
    for event in server_sent_events(body):
        yield event


def server_sent_events(body: bytes) -> Iterator[bytes]:
    """Cut a recorded stream into its events, each with the blank line that ends it."""
    return (part for part in re.split(rb"(?<=\n\n)|(?<=\r\n\r\n)", body) if part)
