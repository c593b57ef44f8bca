"""What Cohere answers, written by hand for this project."""

from __future__ import annotations

import json
from typing import Any

from ldai.tracker import TokenUsage

TOKENS = TokenUsage(total=12, input=7, output=5)
BILLED = {"billed_units": {"input_tokens": 2, "output_tokens": 1}}
META = {**BILLED, "tokens": {"input_tokens": 7, "output_tokens": 5}, "cached_tokens": 4}


def reply(reason: str = "COMPLETE", *, usage: Any = META, **message: Any) -> dict[str, Any]:
    """Return a reply of version 2."""
    content = [{"type": "text", "text": "hi"}]
    return {
        "id": "r",
        "finish_reason": reason,
        "message": {"role": "assistant", "content": content, **message},
        "usage": usage,
    }


def reply_v1(reason: str | None = "COMPLETE", **changes: Any) -> dict[str, Any]:
    """Return a reply of version 1."""
    return {"text": "hi", "generation_id": "g", "finish_reason": reason, "meta": META, **changes}


def delta(kind: str, **message: Any) -> dict[str, Any]:
    """Return an event of version 2."""
    return {"type": kind, "index": 0, "delta": {"message": message}}


def call(name: str) -> dict[str, Any]:
    """Return the start of a call."""
    function = {"name": name, "arguments": ""}
    return delta("tool-call-start", tool_calls={"id": name, "type": "function", "function": function})


def end(reason: str | None = "COMPLETE", *, usage: Any = META, **changes: Any) -> dict[str, Any]:
    """Return the end of a message."""
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": usage, **changes}}


START = {"type": "message-start", "id": "r", "delta": {"message": {"role": "assistant", "content": []}}}
V2_STREAM = (
    START,
    delta("content-start", content={"type": "text", "text": ""}),
    delta("content-delta", content={"text": "hi"}),
    {"type": "content-end", "index": 0},
    end(),
)


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """Return an event of version 1."""
    return {"event_type": kind, "is_finished": kind == "stream-end", **fields}


V1_STREAM = (
    event("stream-start", generation_id="g"),
    event("text-generation", text="hi"),
    event("stream-end", finish_reason="COMPLETE", response=reply_v1()),
)


def sse(*events: dict[str, Any]) -> list[str]:
    """Return server-sent events."""
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]
