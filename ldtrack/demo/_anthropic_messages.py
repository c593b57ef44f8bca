"""Anthropic's Messages API on the wire, plain and streamed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ldtrack.demo._wire import Event, event, timed_pieces

if TYPE_CHECKING:
    from ldtrack.demo._script import Reply


def plain(reply: Reply, model: str) -> dict[str, Any]:
    """A finished message."""
    block = _block(reply, reply.text, json.loads(reply.arguments))
    return {**_message(reply, model, reply.output_tokens), "content": [block], "stop_reason": _stop(reply)}


def stream(reply: Reply, model: str, _request: dict[str, Any]) -> Iterator[Event]:
    """The events of a streamed message; the output tokens come near the end."""
    for after, payload in _events(reply, model):
        yield event(payload, after=after, named=True)


def _events(reply: Reply, model: str) -> Iterator[tuple[float, dict[str, Any]]]:
    yield 0, {"type": "message_start", "message": _message(reply, model, 1)}
    yield 0, {"type": "ping"}
    # A tool's name is output already: it comes after the pause, its arguments right behind.
    pieces = timed_pieces(reply)
    start = pieces[0][0] if reply.tool else 0
    yield start, {"type": "content_block_start", "index": 0, "content_block": _block(reply, "", {})}
    for number, (pause, piece) in enumerate(pieces):
        after = 0 if reply.tool and number == 0 else pause
        yield after, {"type": "content_block_delta", "index": 0, "delta": _delta(reply, piece)}
    yield 0, {"type": "content_block_stop", "index": 0}
    delta = {"stop_reason": _stop(reply), "stop_sequence": None}
    yield 0, {"type": "message_delta", "delta": delta, "usage": {"output_tokens": reply.output_tokens}}
    yield 0, {"type": "message_stop"}


def _message(reply: Reply, model: str, output_tokens: int) -> dict[str, Any]:
    return {
        "id": "msg_demo",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {
            "input_tokens": reply.input_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": reply.cached_tokens,
            "output_tokens": output_tokens,
        },
    }


def _block(reply: Reply, text: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if reply.tool:
        return {"type": "tool_use", "id": "toolu_demo", "name": reply.tool, "input": arguments}
    return {"type": "text", "text": text}


def _delta(reply: Reply, piece: str) -> dict[str, Any]:
    if reply.tool:
        return {"type": "input_json_delta", "partial_json": piece}
    return {"type": "text_delta", "text": piece}


def _stop(reply: Reply) -> str:
    return "tool_use" if reply.tool else "end_turn"
