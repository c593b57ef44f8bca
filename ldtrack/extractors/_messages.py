"""Anthropic's Messages API: whole messages, and the events of their streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, count, read, token_usage
from ldtrack.extractors._fields import Fields, extra, fields, items, text

_CALLS = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
_OUTPUT = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
    "compaction_delta": "content",
}
# Cached tokens are not part of `input_tokens`.
_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def message(value: Any) -> Reading:
    """Read a whole message."""
    body = fields(value)
    names = [name for block in items(body.get("content")) for name in _tool_name(block)]
    return read(_outcome(body.get("stop_reason")), _tokens(body.get("usage")), names)


class MessageStream:
    """Folds the raw events of one message, or of several after each other, whose tokens are added up.

    The derived events of `.stream()` repeat the raw ones, and are passed over.
    """

    def __init__(self) -> None:
        self.complete = False
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._usage: dict[str, int] = {}
        self._names: list[str] = []

    def feed(self, event: Any, /) -> bool:
        """Take an event; text, thinking and the start or the input of a tool call are output."""
        body = fields(event)
        kind = body.get("type")
        if kind == "content_block_delta":
            return _has_output(body.get("delta"))
        if kind == "content_block_start":
            return self._start_block(body.get("content_block"))
        if kind == "message_start":
            self._start(fields(body.get("message")))
        elif kind == "message_delta":
            self._stop(fields(body.get("delta")).get("stop_reason"))
            self._update(body.get("usage"))
        elif kind == "message_stop":
            self.complete = True
        elif kind == "error":
            self.complete, self._outcome = True, "error"
        return False

    def result(self) -> Reading:
        """Everything up to here; the last message's outcome holds."""
        return read(self._outcome, add_tokens(self._tokens, _tokens(self._usage)), self._names)

    def _start(self, body: Fields) -> None:
        self._tokens = add_tokens(self._tokens, _tokens(self._usage))
        self._usage = {}
        self.complete, self._outcome = False, "success"
        self._update(body.get("usage"))

    def _stop(self, reason: Any) -> None:
        """Note why the model stopped. With a reason it is done, even if `message_stop` gets lost on the way."""
        if reason:
            self.complete, self._outcome = True, _outcome(reason)

    def _update(self, usage: Any) -> None:
        """Keep the latest of each count: they are cumulative, and older servers repeat only some."""
        counts = fields(usage)
        for name in (*_INPUT, "output_tokens"):
            value = counts.get(name)
            if value is not None:
                self._usage[name] = count(value)

    def _start_block(self, block: Any) -> bool:
        names = list(_tool_name(block))
        self._names += names
        return bool(names)


def _tokens(usage: Any) -> TokenUsage | None:
    if not usage:
        return None
    counts = fields(usage)
    return token_usage(sum(count(counts.get(name)) for name in _INPUT), counts.get("output_tokens"))


def _outcome(stop_reason: Any) -> Outcome:
    return "error" if stop_reason == "refusal" else "success"


def _has_output(delta: Any) -> bool:
    body = fields(delta)
    return bool(body.get(_OUTPUT.get(text(body.get("type")), "")))


def _tool_name(block: Any) -> Iterator[str]:
    """The tool that a block calls; of a browser or computer toolset the toolset, not the click."""
    body = fields(block)
    if text(body.get("type")) in _CALLS:
        # What a release of the SDK does not know of a block is among the undeclared fields.
        known = body.get("toolset_name") or extra(block, "toolset_name") or body.get("name") or extra(block, "name")
        name = text(known)
        if name:
            yield name
