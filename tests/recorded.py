"""Cases in the format of the recorded traffic, written by hand for this project."""

from __future__ import annotations

import json
from typing import Any

TEXT = {"object": "chat.completion", "id": "c", "created": 1, "model": "m"}


def case(**changes: Any) -> dict[str, Any]:
    """Return a chat completion of 3 and 4 tokens, with changes."""
    return {
        "id": "own.1",
        "kind": "call",
        "provider": "openai",
        "endpoint": "chat.completions",
        "streaming": False,
        "request": {"path": "/v1/chat/completions", "body": {"model": "m", "messages": [], "seed": 1}},
        "response": response(completion()),
        "expected": expected(),
        "drivers": {"openai": {"modes": ["sync", "async"]}, "other": {"modes": ["sync"]}},
        **changes,
    }


def completion(**changes: Any) -> dict[str, Any]:
    """Return the body of a chat completion."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    return {**TEXT, "choices": [choice], "usage": usage, **changes}


def response(body: Any, status: int = 200, content_type: str = "application/json") -> dict[str, Any]:
    """Return a recorded response."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {"status": status, "headers": {"content-type": content_type}, "body": text, "body_encoding": "utf-8"}


def expected(**changes: Any) -> dict[str, Any]:
    """Return what a correct tracker records."""
    return {
        "input": 3,
        "output": 4,
        "total": 7,
        "usage_reported": True,
        "success": True,
        "ttft_expected": False,
        "tool_calls": [],
        "alt": {},
        "unscored": [],
        **changes,
    }


def streamed(*payloads: Any) -> dict[str, Any]:
    """Return a recorded stream of chat completion chunks."""
    events = [json.dumps({**TEXT, "object": "chat.completion.chunk", **payload}) for payload in payloads]
    text = "".join(f"data: {event}\n\n" for event in [*events, "[DONE]"])
    return response(text, content_type="text/event-stream")
