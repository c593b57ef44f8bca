"""OpenAI's Responses API on the wire, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from ldtrack.demo._wire import Event, event, timed_pieces

if TYPE_CHECKING:
    from ldtrack.demo._script import Reply


def plain(reply: Reply, model: str) -> dict[str, Any]:
    """A finished response."""
    return _response(reply, model, "completed")


def stream(reply: Reply, model: str, _request: dict[str, Any]) -> Iterator[Event]:
    """The events of a streamed response; usage comes with the last one."""
    numbers = count()
    for after, payload in _events(reply, model):
        yield event({**payload, "sequence_number": next(numbers)}, after=after, named=True)


def _events(reply: Reply, model: str) -> Iterator[tuple[float, dict[str, Any]]]:
    yield 0, {"type": "response.created", "response": _response(reply, model, "in_progress")}
    yield 0, {"type": "response.output_item.added", "output_index": 0, "item": _item(reply, "in_progress")}
    where = {"item_id": "item_demo", "output_index": 0}
    if reply.tool:
        yield from _tool_events(reply, where)
    else:
        yield from _text_events(reply, {**where, "content_index": 0})
    yield 0, {"type": "response.output_item.done", "output_index": 0, "item": _item(reply, "completed")}
    yield 0, {"type": "response.completed", "response": _response(reply, model, "completed")}


def _text_events(reply: Reply, where: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    yield 0, {"type": "response.content_part.added", **where, "part": _part("")}
    for pause, piece in timed_pieces(reply):
        yield pause, {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
    yield 0, {"type": "response.output_text.done", **where, "text": reply.text, "logprobs": []}
    yield 0, {"type": "response.content_part.done", **where, "part": _part(reply.text)}


def _tool_events(reply: Reply, where: dict[str, Any]) -> Iterator[tuple[float, dict[str, Any]]]:
    for pause, piece in timed_pieces(reply):
        yield pause, {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    done = {"name": reply.tool, "arguments": reply.arguments}
    yield 0, {"type": "response.function_call_arguments.done", **where, **done}


def _response(reply: Reply, model: str, status: str) -> dict[str, Any]:
    finished = status == "completed"
    return {
        "id": "resp_demo",
        "object": "response",
        "created_at": 1_767_225_600,
        "status": status,
        "model": model,
        "output": [_item(reply, status)] if finished else [],
        "usage": _usage(reply) if finished else None,
        "error": None,
        "incomplete_details": None,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def _item(reply: Reply, status: str) -> dict[str, Any]:
    finished = status == "completed"
    head = {"id": "item_demo", "status": status}
    if reply.tool:
        arguments = reply.arguments if finished else ""
        return {**head, "type": "function_call", "call_id": "call_demo", "name": reply.tool, "arguments": arguments}
    return {**head, "type": "message", "role": "assistant", "content": [_part(reply.text)] if finished else []}


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(reply: Reply) -> dict[str, Any]:
    read = reply.input_tokens + reply.cached_tokens
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": reply.cached_tokens},
        "output_tokens": reply.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": read + reply.output_tokens,
    }
