"""Bedrock's Converse API: whole replies, and the events of their streams; Amazon's Nova models speak it everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, count, read, token_usage
from ldtrack.extractors._fields import Fields, as_dict, fields, items, text

_FAILED = frozenset({"content_filtered", "malformed_model_output", "malformed_tool_use", "refusal"})
# By Converse, and by Nova's own bodies.
_CACHE_COUNTS = (
    ("cacheReadInputTokens", "cacheReadInputTokenCount"),
    ("cacheWriteInputTokens", "cacheWriteInputTokenCount"),
)


def converse(value: Any) -> Reading:
    """Read a whole reply."""
    body = fields(value)
    content = items(fields(fields(body.get("output")).get("message")).get("content"))
    names = [name for block in content for name in _tool_name(block)]
    return read(_outcome(body.get("stopReason"), body.get("trace")), converse_tokens(body.get("usage")), names)


class ConverseStream:
    """Folds the events of one reply, or of several after each other, whose tokens are added up."""

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.complete = False
        self._reason: Any = None
        self._trace: Any = None

    def feed(self, event: Any, /) -> bool:
        """Take an event; text, thinking, images and the start or the input of a tool call are output."""
        body = fields(event)
        delta, start = body.get("contentBlockDelta"), body.get("contentBlockStart")
        if delta is not None:
            return _has_output(fields(fields(delta).get("delta")))
        if start is not None:
            return self._start_block(fields(start).get("start"))
        if body.get("messageStart") is not None:
            self._begin()
        elif body.get("messageStop") is not None:
            self.complete, self._reason = True, fields(body.get("messageStop")).get("stopReason")
        elif body.get("metadata") is not None:
            self._end(fields(body.get("metadata")))
        return False

    def result(self) -> Reading:
        """Everything up to here; the last reply's outcome holds."""
        return read(_outcome(self._reason, self._trace), self._tokens, self._names)

    def _start_block(self, block: Any) -> bool:
        names = list(_tool_name(block))
        self._names += names
        return bool(names)

    def _end(self, metadata: Fields) -> None:
        """Take the last event, which comes once after `messageStop`."""
        self._tokens = add_tokens(self._tokens, converse_tokens(metadata.get("usage")))
        self._trace = metadata.get("trace")


def is_converse(value: Any) -> bool:
    """Tell a reply of Converse, or of a Nova model."""
    return fields(value.get("usage")).get("inputTokens") is not None or ("stopReason" in value and "output" in value)


def is_converse_event(event: Any) -> bool:
    """Tell an event of ConverseStream, or of a Nova model."""
    return any(name in event for name in _EVENTS) or fields(event.get("metadata")).get("usage") is not None


def converse_tokens(usage: Any) -> TokenUsage | None:
    """Read the counts: cached tokens come on top of `inputTokens`, unless the total shows that they do not."""
    counts = fields(usage)
    uncached, output, total = (counts.get(name) for name in ("inputTokens", "outputTokens", "totalTokens"))
    cached = sum(max(count(counts.get(name)) for name in names) for names in _CACHE_COUNTS)
    inside = bool(count(total)) and count(total) == count(uncached) + count(output)
    return token_usage(count(uncached) + (0 if inside else cached), output, total)


def masked_only(guardrail: Any) -> bool:
    """Whether a guardrail's trace shows that it masked parts of an answer, and blocked nothing.

    The answer was delivered then. Without a trace, which has to be asked for, nothing can be told.
    """
    actions, reason = set(_actions(guardrail)), text(fields(guardrail).get("actionReason")).lower()
    if "BLOCKED" in actions or "blocked" in reason:
        return False
    return bool(actions) or "masked" in reason


def _outcome(stop_reason: Any, trace: Any) -> Outcome:
    reason = text(stop_reason)
    blocked = reason == "guardrail_intervened" and not masked_only(fields(trace).get("guardrail"))
    return "error" if blocked or reason in _FAILED else "success"


def _actions(node: Any) -> Iterator[str]:
    """What each filter of each policy did, wherever a trace has it: Converse and InvokeModel nest it differently."""
    action = as_dict(node).get("action")
    if isinstance(action, str):
        yield action
    for child in as_dict(node).values() or items(node):
        yield from _actions(child)


def _has_output(delta: Fields) -> bool:
    thought, call = fields(delta.get("reasoningContent")), fields(delta.get("toolUse"))
    return bool(delta.get("text") or thought.get("text") or call.get("input") or delta.get("image"))


def _tool_name(block: Any) -> Iterator[str]:
    name = text(fields(fields(block).get("toolUse")).get("name"))
    if name:
        yield name


_EVENTS = ("contentBlockDelta", "contentBlockStart", "contentBlockStop", "messageStart", "messageStop")
