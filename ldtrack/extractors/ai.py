"""Vercel's AI SDK for Python: messages, and the events of models' streams and agents' runs."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, read
from ldtrack.extractors._fields import fields, items, text
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import usage_tokens

_DELTAS = frozenset({"text_delta", "reasoning_delta", "tool_delta"})
_FAILED = frozenset({"content_filter", "error"})


def message(value: Any) -> Reading:
    """Read a message; tools that the provider hosts are none of the caller's."""
    body = fields(value)
    calls = [part for part in map(fields, items(body.get("parts"))) if part.get("kind") == "tool_call"]
    return read(tokens=usage_tokens(body.get("usage")), tool_calls=[text(call.get("tool_name")) for call in calls])


class EventStream:
    """Folds the events of one model call, or of an agent's run: the last usage of each call counts.

    A stream that ends without its last event is an exception already.
    """

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._usage: Any = None
        self._names: list[str] = []
        self._outcome: Outcome = "success"

    def feed(self, event: Any, /) -> bool:
        """Take an event; those that repeat an earlier turn count for nothing."""
        body = fields(event)
        if body.get("replay"):
            return False
        kind = body.get("kind")
        if kind == "stream_start":
            self._settle()
        self._usage = body.get("usage") or self._usage
        if kind == "stream_end":
            self._settle()
            self._outcome = "error" if body.get("finish_reason") in _FAILED else "success"
        return self._takes_output(kind, body)

    def result(self) -> Reading:
        """All calls together; the last one's outcome holds."""
        self._settle()
        return read(self._outcome, self._tokens, self._names)

    def _settle(self) -> None:
        self._tokens = add_tokens(self._tokens, usage_tokens(self._usage))
        self._usage = None

    def _takes_output(self, kind: Any, body: Any) -> bool:
        if kind == "tool_start":
            self._names += filter(None, [text(body.get("tool_name"))])
            return True
        return kind == "file" or (kind in _DELTAS and bool(body.get("chunk")))


PROVIDER = Provider(
    packages=("ai",),
    responses={"Message": message},
    chunks={"BaseEvent": EventStream},
)
