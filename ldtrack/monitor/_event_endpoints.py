"""Where the SDK sends its events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ldtrack.monitor._received import LARGEST, BadRequestError, ReceivedEvent, events_in, unpacked

Keep: TypeAlias = Callable[[str, list[ReceivedEvent]], Awaitable[None]]
"""Takes the id of a payload, by which a second delivery is known, and its metrics."""

_JSON = "application/json"


def event_routes(keep: Keep) -> list[Route]:
    """`/bulk` for events, `/diagnostic` for what the SDK tells of itself, which is not kept."""

    async def bulk(request: Request) -> Response:
        try:
            await receive(request, keep)
        except BadRequestError as exc:
            return refusal(exc)
        return Response(status_code=202)

    async def diagnostic(request: Request) -> Response:
        try:
            await body_of(request)
        except BadRequestError as exc:
            return refusal(exc)
        return Response(status_code=202)

    return [Route("/bulk", bulk, methods=["POST"]), Route("/diagnostic", diagnostic, methods=["POST"])]


async def receive(request: Request, keep: Keep) -> bytes:
    """Keep what a request brings, and return its body as it came.

    Raises:
        BadRequestError: The body is not what the SDK sends.
    """
    kind = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if kind != _JSON:
        raise BadRequestError(f"events come as {_JSON}, not as {kind[:80]!r}", 415)
    body = await body_of(request)
    events = events_in(unpacked(body, request.headers.get("content-encoding", "").strip().lower()))
    await keep(request.headers.get("x-launchdarkly-payload-id", "")[:80], events)
    return body


async def body_of(request: Request) -> bytes:
    """Read a body that may not grow without bound.

    Raises:
        BadRequestError: It is too large.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise BadRequestError(f"the payload has more than {LARGEST:,} bytes", 413)
        parts.append(part)
    return b"".join(parts)


def refusal(error: BadRequestError) -> Response:
    """Answer with what is wrong, in words."""
    return PlainTextResponse(f"{error}\n", status_code=error.status)
