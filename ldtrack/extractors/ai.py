"""Vercel's AI SDK for Python: messages, and the events of models' streams and agents' runs."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, read
from ldtrack.extractors._fields import fields, items, text
from ldtrack.extractors._inner import known_chunk
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import usage_tokens

_DELTAS = frozenset({"text_delta", "reasoning_delta", "tool_delta"})
_INNER = "partial_tool_call_result"
_FAILED = frozenset({"content_filter", "error"})


def message(value: Any) -> Reading:
    """Read a message; tools that the provider hosts are none of the caller's."""
    body = fields(value)
    calls = [part for part in map(fields, items(body.get("parts"))) if part.get("kind") == "tool_call"]
    return read(tokens=usage_tokens(body.get("usage")), tool_calls=[text(call.get("tool_name")) for call in calls])


def item(value: Any) -> Reading:
    """Read embeddings, an image or whatever else is made outside of a conversation."""
    return read(tokens=usage_tokens(fields(value).get("usage")))


class EventStream:
    """Folds the events of one model call, or of an agent's run: the last usage of each call counts.

    The calls of agents that tools ask come interleaved, and belong to the run, too. A stream that ends without its last
    event is an exception already.
    """

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._usages: dict[Any, Any] = {}
        """The last usage of each call under way, by its message."""
        self._names: list[str] = []
        self._outcome: Outcome = "success"

    def feed(self, event: Any, /) -> bool:
        """Take an event; those that repeat an earlier turn count for nothing."""
        body = fields(event)
        if body.get("replay"):
            return False
        if body.get("kind") == _INNER:
            return self._feed_inner(body.get("value"))
        kind, call = body.get("kind"), fields(body.get("message")).get("id")
        if kind == "stream_start":
            self._settle(call)
        if body.get("usage"):
            self._usages[call] = body.get("usage")
        if kind == "stream_end":
            self._settle(call)
            self._outcome = "error" if body.get("finish_reason") in _FAILED else "success"
        return self._takes_output(kind, body)

    def text(self, event: Any, /) -> str:
        """The output in an event, for who estimates its tokens."""
        body = fields(event)
        return self.text(body.get("value")) if body.get("kind") == _INNER else text(body.get("chunk"))

    def result(self) -> Reading:
        """All calls together; the last one's outcome holds."""
        for call in list(self._usages):
            self._settle(call)
        return read(self._outcome, self._tokens, self._names)

    def _feed_inner(self, part: Any) -> bool:
        """Take what a tool gives while it works: another agent's event, whose outcome is the tool's own matter."""
        found, outcome = known_chunk(part), self._outcome
        if found is None or found.extractor is not EventStream:
            return False
        output = self.feed(part)
        self._outcome = outcome
        return output

    def _settle(self, call: Any) -> None:
        self._tokens = add_tokens(self._tokens, usage_tokens(self._usages.pop(call, None)))

    def _takes_output(self, kind: Any, body: Any) -> bool:
        if kind == "tool_start":
            self._names += filter(None, [text(body.get("tool_name"))])
            return True
        return kind == "file" or (kind in _DELTAS and bool(body.get("chunk")))


PROVIDER = Provider(
    packages=("ai",),
    responses={"Message": message, "Item": item},
    chunks={"BaseEvent": EventStream},
)
