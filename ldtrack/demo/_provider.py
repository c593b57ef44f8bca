"""The demo's provider: OpenAI's and Anthropic's endpoints over the script, with pauses as from a model."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterable
from types import ModuleType
from typing import TYPE_CHECKING, Any

import anyio
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ldtrack.demo import _anthropic_messages, _openai_chat, _openai_responses
from ldtrack.demo._script import reply_to
from ldtrack.demo._wire import Event, error_body

if TYPE_CHECKING:
    from starlette.requests import Request

_ENDPOINTS = {
    "/v1/chat/completions": _openai_chat,
    "/v1/responses": _openai_responses,
    "/v1/messages": _anthropic_messages,
}
_CLOSE = {"connection": "close"}
"""LaunchDarkly's managed runner never closes its client: left open, its connections would outlive the demo."""
_SLOW = 1.3
"""How much longer a large model takes."""


def app() -> Starlette:
    """An application that answers both providers' SDKs."""
    return Starlette(routes=[_route(path, wire) for path, wire in _ENDPOINTS.items()])


def _route(path: str, wire: ModuleType) -> Route:
    async def answer(request: Request) -> Response:
        return await _answer(wire, request)

    return Route(path, answer, methods=["POST"])


async def _answer(wire: ModuleType, request: Request) -> Response:
    body: dict[str, Any] = await request.json()
    reply, model = reply_to(_question(body)), body["model"]
    pace = random.uniform(0.8, 1.3) * (_SLOW if "large" in model else 1)  # noqa: S311 -- nothing to keep secret
    if body.get("stream") and reply.status == 200:  # noqa: PLR2004 -- the HTTP status
        events = _paced(request, wire.stream(reply, model, body), pace)
        return StreamingResponse(events, headers=_CLOSE, media_type="text/event-stream")
    await anyio.sleep((reply.first + reply.between * len(reply.pieces)) * pace)
    if reply.status != 200:  # noqa: PLR2004 -- the HTTP status
        return JSONResponse(error_body(reply), reply.status, _CLOSE)
    return JSONResponse(wire.plain(reply, model), headers=_CLOSE)


async def _paced(request: Request, events: Iterable[Event], pace: float) -> AsyncIterator[bytes]:
    """The events, each after its pause, until the client leaves: older servers do not stop by themselves then."""
    for event in events:
        await anyio.sleep(event.after * pace)
        if await request.is_disconnected():  # pragma: no branch -- the measuring loses track in its cancelled receive
            return  # pragma: no cover -- newer servers have stopped by then
        yield event.data


def _question(body: dict[str, Any]) -> str:
    """The text of the last message: a question, or what a tool found."""
    messages: Any = body.get("messages") or body.get("input")
    content: Any = messages if isinstance(messages, str) else messages[-1]["content"]
    return content if isinstance(content, str) else str(content[-1]["text"])
