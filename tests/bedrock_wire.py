"""What Bedrock answers, written by hand for this project."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

TOKENS = TokenUsage(total=12, input=7, output=5)
WITH_CACHE = TokenUsage(total=112, input=107, output=5)

USAGE = {"inputTokens": 7, "outputTokens": 5, "totalTokens": 12}
CACHED = {"inputTokens": 7, "outputTokens": 5, "totalTokens": 112}
CACHED_USAGE = {**CACHED, "cacheReadInputTokens": 60, "cacheWriteInputTokens": 40}
METRICS = {"inputTokenCount": 7, "outputTokenCount": 5, "invocationLatency": 10, "firstByteLatency": 5}
HEADERS = {"x-amzn-bedrock-input-token-count": "7", "x-amzn-bedrock-output-token-count": "5"}
CACHE_HEADERS = {
    **HEADERS,
    "x-amzn-bedrock-cache-read-input-token-count": "60",
    "x-amzn-bedrock-cache-write-input-token-count": "40",
}
CALL = {"toolUse": {"toolUseId": "t", "name": "get_weather", "input": {"city": "Oslo"}}}


def reply(*content: Any, stop: str = "end_turn", **changes: Any) -> dict[str, Any]:
    """Return the body of a reply of Converse."""
    blocks = list(content) or [{"text": "hi"}]
    message = {"role": "assistant", "content": blocks}
    return {"output": {"message": message}, "stopReason": stop, "usage": USAGE, "metrics": {"latencyMs": 1}, **changes}


def guardrail(*actions: str, reason: str | None = None) -> dict[str, Any]:
    """Return a guardrail's trace, as Converse has it, with these actions."""
    entities = [{"type": "NAME", "match": "Ada", "action": action} for action in actions]
    policies = {"sensitiveInformationPolicy": {"piiEntities": entities}, "invocationMetrics": {"usage": {}}}
    trace: dict[str, Any] = {"inputAssessment": {"g": {"topicPolicy": {"topics": []}}}, "modelOutput": ["Ada"]}
    trace |= {"outputAssessments": {"g": [policies]}} if actions else {}
    return {"guardrail": {**trace, **({"actionReason": reason} if reason else {})}}


def events(*deltas: Any, stop: str = "end_turn", **metadata: Any) -> list[dict[str, Any]]:
    """Return the events of a stream of Converse, one per name."""
    return [
        {"messageStart": {"role": "assistant"}},
        *({"contentBlockDelta": {"delta": delta, "contentBlockIndex": 0}} for delta in deltas or [{"text": "hi"}]),
        {"contentBlockStop": {"contentBlockIndex": 0}},
        {"messageStop": {"stopReason": stop}},
        {"metadata": {"usage": USAGE, "metrics": {"latencyMs": 1}, **metadata}},
    ]


def claude_events(**last: Any) -> list[dict[str, Any]]:
    """Return the events of a stream of Claude's, with additions of Bedrock's to the last one."""
    usage = {"input_tokens": 7, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "c", "content": [], "usage": usage}
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
        {"type": "message_stop", "amazon-bedrock-invocationMetrics": METRICS, **last},
    ]
