"""OpenAI's chat completions on the wire, plain and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ldtrack.demo._wire import Event, event, timed_pieces

if TYPE_CHECKING:
    from ldtrack.demo._script import Reply

_HEAD: dict[str, Any] = {"id": "chatcmpl-demo", "created": 1_767_225_600}


def plain(reply: Reply, model: str) -> dict[str, Any]:
    """A finished chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.tool:
        message["tool_calls"] = [_tool_call(reply.tool, reply.arguments)]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(reply)}
    return {**_HEAD, "object": "chat.completion", "model": model, "choices": [choice], "usage": _usage(reply)}


def stream(reply: Reply, model: str, request: dict[str, Any]) -> Iterator[Event]:
    """The chunks of a streamed chat completion; usage comes last, and only if it was asked for."""
    head: dict[str, Any] = {**_HEAD, "object": "chat.completion.chunk", "model": model}
    yield event({**head, "choices": [_choice(_opening(reply))]})
    for pause, piece in timed_pieces(reply):
        yield event({**head, "choices": [_choice(_delta(reply, piece))]}, after=pause)
    yield event({**head, "choices": [_choice({}, _finish(reply))]})
    options: Any = request.get("stream_options")
    if options and options.get("include_usage"):
        yield event({**head, "choices": [], "usage": _usage(reply)})
    yield Event(0.0, b"data: [DONE]\n\n")


def _opening(reply: Reply) -> dict[str, Any]:
    if reply.tool is None:
        return {"role": "assistant", "content": ""}
    return {"role": "assistant", "content": None, "tool_calls": [{"index": 0, **_tool_call(reply.tool, "")}]}


def _delta(reply: Reply, piece: str) -> dict[str, Any]:
    if reply.tool is None:
        return {"content": piece}
    return {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}


def _choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}


def _tool_call(name: str, arguments: str) -> dict[str, Any]:
    return {"id": "call_demo", "type": "function", "function": {"name": name, "arguments": arguments}}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.tool else "stop"


def _usage(reply: Reply) -> dict[str, Any]:
    read = reply.input_tokens + reply.cached_tokens
    return {
        "prompt_tokens": read,
        "completion_tokens": reply.output_tokens,
        "total_tokens": read + reply.output_tokens,
        "prompt_tokens_details": {"cached_tokens": reply.cached_tokens},
    }
