"""The pieces that the wire formats share: timed events, and errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ldtrack.demo._script import Reply


class Event(NamedTuple):
    """A server-sent event, and the seconds that pass before it."""

    after: float
    data: bytes


def event(payload: Any, *, after: float = 0.0, named: bool = False) -> Event:
    """Write an event; Anthropic and the Responses API name theirs after the payload's type."""
    name = f"event: {payload['type']}\n" if named else ""
    return Event(after, f"{name}data: {json.dumps(payload)}\n\n".encode())


def timed_pieces(reply: Reply) -> list[tuple[float, str]]:
    """The pieces of a streamed reply, each with the pause before it."""
    pauses = [reply.first] + [reply.between] * len(reply.pieces)
    return list(zip(pauses, reply.pieces, strict=False))


def error_body(reply: Reply) -> dict[str, Any]:
    """An error as both providers write it."""
    kind = "rate_limit_error" if reply.status == 429 else "api_error"  # noqa: PLR2004 -- the HTTP status
    message = "Scripted for the demo: try again later."
    return {"type": "error", "error": {"type": kind, "message": message, "code": kind}}
