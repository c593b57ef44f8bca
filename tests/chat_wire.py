"""What servers that speak OpenAI's format of chats answer, written by hand for this project."""

from __future__ import annotations

import json
from typing import Any

from ldai.tracker import TokenUsage

USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
TOKENS = TokenUsage(total=12, input=7, output=5)
TWICE = TokenUsage(total=24, input=14, output=10)
CALL = {"id": "call-1", "type": "function", "index": 0, "function": {"name": "get_weather", "arguments": "{}"}}
SSE = "text/event-stream"
CHAT: Any = {"model": "m", "messages": [{"role": "user", "content": "Weather?"}]}
"""What is asked."""


def completion(reason: str = "stop", *, usage: Any = USAGE, **message: Any) -> dict[str, Any]:
    """Return the body of a completion."""
    choice = {"index": 0, "finish_reason": reason, "message": {"role": "assistant", "content": "hi", **message}}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}


def chunk(reason: str | None = None, *, usage: Any = None, extra: Any = None, **delta: Any) -> dict[str, Any]:
    """Return one chunk; `extra` goes beside its choice."""
    choice = {"index": 0, "finish_reason": reason, "delta": {"role": "assistant", **delta}}
    known = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "system_fingerprint": "f"}
    return {**known, "choices": [choice], "usage": usage, **(extra or {})}


def stream(**last: Any) -> list[dict[str, Any]]:
    """Return the chunks of a message and a call; the last one has the reason, and what is given."""
    said = [chunk(content=""), chunk(content="hi"), chunk(content=None, tool_calls=[CALL])]
    return [*said, chunk(**{"reason": "tool_calls", "usage": USAGE, **last})]


def sse(*events: Any, done: bool = True) -> list[str]:
    """Return server-sent events."""
    ends = ["data: [DONE]\n\n"] if done else []
    return [*(f"data: {json.dumps(event)}\n\n" for event in events), *ends]
