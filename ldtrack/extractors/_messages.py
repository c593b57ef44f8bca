"""Anthropic's Messages API: whole messages, and the events of their streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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
# What `.stream()` derives of the deltas.
_DERIVED = {"text": "text", "thinking": "thinking", "input_json": "partial_json", "compaction": "content"}
# Cached tokens are not part of `input_tokens`.
_INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


def message(value: Any) -> Reading:
    """Read a whole message."""
    body = fields(value)
    names = [name for block in items(body.get("content")) for name in _tool_name(block)]
    return read(_outcome(body.get("stop_reason")), _tokens(body.get("usage")), names)


class MessageStream:
    """Folds the raw events of one message, or of several after each other, whose tokens are added up.

    The derived events of `.stream()` repeat the raw ones: of them nothing is counted, unless they come alone.
    """

    def __init__(self) -> None:
        self.complete = True
        """Whether each message that began has ended; who passes on only some of the events leaves out both."""
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._usage: dict[str, int] = {}
        self._names: list[str] = []
        self._began = self._ended = self._named = False
        """What was seen of the current message: its start, its end, a tool that it calls."""

    def feed(self, event: Any, /) -> bool:
        """Take an event; text, thinking and the start or the input of a tool call are output."""
        body = fields(event)
        kind = text(body.get("type"))
        if kind == "content_block_delta":
            return _has_output(body.get("delta"), _OUTPUT)
        if kind == "content_block_start":
            return self._start_block(body.get("content_block"))
        if kind == "message_start":
            self._start(fields(body.get("message")))
        elif kind == "message_delta":
            self._stop(fields(body.get("delta")).get("stop_reason"))
            self._update(body.get("usage"))
        elif kind == "message_stop":
            self._end(body.get("message"))
        elif kind == "error":
            self.complete, self._outcome = True, "error"
        return _has_output(event, _DERIVED)

    def result(self) -> Reading:
        """Everything up to here; the last message's outcome holds."""
        return read(self._outcome, add_tokens(self._tokens, _tokens(self._usage)), self._names)

    def _start(self, body: Fields) -> None:
        self._settle()
        self._began = True
        self.complete, self._outcome = False, "success"
        self._update(body.get("usage"))

    def _settle(self) -> None:
        """Add up what the last message used: another one begins."""
        self._tokens = add_tokens(self._tokens, _tokens(self._usage))
        self._usage = {}
        self._began = self._ended = self._named = False

    def _stop(self, reason: Any) -> None:
        """Note why the model stopped. With a reason it is done, even if `message_stop` gets lost on the way."""
        if self._ended:
            self._settle()
        if reason:
            self.complete, self._outcome = True, _outcome(reason)

    def _end(self, whole: Any) -> None:
        """Note the end. Of a message whose start was left out, the whole of it tells, which `.stream()` sends along."""
        if self._ended:
            self._settle()
        if whole is not None and not self._began:
            reading = message(whole)
            self._outcome, self._usage = reading.outcome, {}
            self._update(fields(whole).get("usage"))
            self._names += () if self._named else reading.tool_calls or ()
        self.complete = self._ended = True

    def _update(self, usage: Any) -> None:
        """Keep the latest of each count: they are cumulative, and older servers repeat only some."""
        counts = fields(usage)
        for name in (*_INPUT, "output_tokens"):
            value = counts.get(name)
            if value is not None:
                self._usage[name] = count(value)

    def _start_block(self, block: Any) -> bool:
        if self._ended:
            self._settle()
        names = list(_tool_name(block))
        self._names += names
        self._named = self._named or bool(names)
        return bool(names)


def _tokens(usage: Any) -> TokenUsage | None:
    if not usage:
        return None
    counts = fields(usage)
    return token_usage(sum(count(counts.get(name)) for name in _INPUT), counts.get("output_tokens"))


def _outcome(stop_reason: Any) -> Outcome:
    return "error" if stop_reason == "refusal" else "success"


def _has_output(piece: Any, pieces: Mapping[str, str]) -> bool:
    body = fields(piece)
    return bool(body.get(pieces.get(text(body.get("type")), "")))


def _tool_name(block: Any) -> Iterator[str]:
    """The tool that a block calls; of a browser or computer toolset the toolset, not the click."""
    body = fields(block)
    if text(body.get("type")) in _CALLS:
        # What a release of the SDK does not know of a block is among the undeclared fields.
        known = body.get("toolset_name") or extra(block, "toolset_name") or body.get("name") or extra(block, "name")
        name = text(known)
        if name:
            yield name
