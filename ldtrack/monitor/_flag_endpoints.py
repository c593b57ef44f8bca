"""What the SDK reads flags from: its stream, and its polling endpoint."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ldtrack.monitor._served import ServedFlags

_LOOK_SECONDS = 1
_HEARTBEAT_SECONDS = 30
"""LaunchDarkly sends a comment every 3 minutes; the SDK gives up after 5 without anything."""


def flag_routes(flags: ServedFlags) -> list[Route]:
    """`/all` streams, `/sdk/latest-all` answers polls."""

    async def stream(request: Request) -> Response:
        texts = _events(request, flags)
        return StreamingResponse(texts, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

    async def poll(request: Request) -> Response:
        headers = {"ETag": flags.etag}
        if request.headers.get("if-none-match") == flags.etag:
            return Response(status_code=304, headers=headers)
        return JSONResponse(flags.everything(), headers=headers)

    return [Route("/all", stream), Route("/sdk/latest-all", poll)]


async def _events(request: Request, flags: ServedFlags) -> AsyncGenerator[str, None]:
    silent = 0
    with flags.followed() as follower:
        # Asked again and again: not every release of Starlette tells a response that its reader is gone.
        while not follower.is_cut_off and not await request.is_disconnected():
            changes = await follower.take(_LOOK_SECONDS)
            silent = 0 if changes else silent + _LOOK_SECONDS
            for name, data in changes:
                yield f"event: {name}\ndata: {data}\n\n"
            if silent >= _HEARTBEAT_SECONDS:
                silent = 0
                yield ":\n\n"
