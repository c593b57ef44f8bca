"""Answers requests with the bytes that were recorded, streams one event at a time."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import anyio
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from ldtrack.replay._cases import Case, Recorded

FIRST_DELAY = 0.004
"""Seconds before a stream's first event: no time to first token can be shorter."""

_EVENT_ENDS = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)")
_LINE_ENDS = re.compile(rb"(?<=\n)")


class Player:
    """Plays one case at a time, to every request, whatever its path says: its responses in their order."""

    def __init__(self) -> None:
        self._steps: list[Recorded] = []

    def play(self, case: Case) -> None:
        """Answer with this case's responses from now on; the last one again and again."""
        self._steps = list(case.steps)

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/{rest:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> Response:
        await request.body()
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        headers = dict(step.headers)
        if step.streaming:
            return StreamingResponse(_slowly(step), step.status, headers)
        return Response(step.body, step.status, headers)


async def _slowly(step: Recorded) -> AsyncIterator[bytes]:
    await anyio.sleep(FIRST_DELAY)
    for event in pieces(step.body, step.headers.get("content-type", "")):
        yield event


def pieces(body: bytes, content_type: str) -> Iterator[bytes]:
    """Cut a recorded stream as its provider sends it: AWS frames, lines of JSON, or server-sent events."""
    if "amazon.eventstream" in content_type:
        yield from _frames(body)
    else:
        ends = _LINE_ENDS if "ndjson" in content_type or "stream+json" in content_type else _EVENT_ENDS
        yield from filter(None, ends.split(body))


def _frames(body: bytes) -> Iterator[bytes]:
    """AWS frames, each of which begins with its length."""
    while body:
        length = int.from_bytes(body[:4], "big") or len(body)
        yield body[:length]
        body = body[length:]
