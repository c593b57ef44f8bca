"""Google's Interactions API: whole interactions, and the events of their streams.

Its usage has no recording to check it with: that thoughts and tool prompts come on top is how Gemini counts, and how
the SDK's own tests add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, count, read, token_usage
from ldtrack.extractors._fields import Fields, fields, items, text

_NAMED_CALLS = frozenset({"function_call", "mcp_server_tool_call"})
# Analysis of media, which the server begins.
_NO_CALLS = frozenset({"processing_call"})
_FAILED = frozenset({"failed", "budget_exceeded"})
_RUNNING = frozenset({"queued", "in_progress"})
# What tools put out is no output of the model.
_NO_OUTPUT = ("_result", "thought_signature", "text_annotation_delta")
_OUTPUT = ("text", "arguments", "data", "uri")


def interaction(value: Any) -> Reading:
    """Read an interaction; in the background it may still be open, which is no outcome."""
    body = fields(value)
    names = [name for step in items(body.get("steps")) for name in tool_name(step)]
    return read(_outcome(text(body.get("status"))), usage_tokens(body.get("usage")), names)


class InteractionStream:
    """Folds the events of one interaction, or of several after each other, whose tokens are added up."""

    def __init__(self) -> None:
        self.complete = False
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._last: TokenUsage | None = None
        self._id: Any = None
        self._names: list[str] = []

    def feed(self, event: Any, /) -> bool:
        """Take an event; pieces of text, thoughts, arguments and media, and the start of a call are output."""
        body = fields(event)
        kind = text(body.get("event_type"))
        if kind == "step.delta":
            self._count(fields(body.get("metadata")).get("total_usage"))
            return _has_output(body.get("delta"))
        if kind == "step.start":
            return self._start_step(body.get("step"))
        if kind == "error":
            self.complete, self._outcome = True, "error"
        elif kind == "step.stop":
            self._count(body.get("usage"))
        elif kind.startswith("interaction."):
            self._update(body)
        return False

    def result(self) -> Reading:
        """Everything up to here; the last interaction's outcome holds."""
        return read(self._outcome, add_tokens(self._tokens, self._last), self._names)

    def _start_step(self, step: Any) -> bool:
        names = list(tool_name(step))
        self._names += names
        return bool(names) or any(_has_output(part) for part in items(fields(step).get("content")))

    def _update(self, event: Fields) -> None:
        """Note what an event tells of the interaction, in itself or in the interaction that it brings."""
        inner = fields(event.get("interaction"))
        self._follow(inner.get("id") or event.get("interaction_id"))
        self._count(inner.get("usage") or event.get("usage"))
        status = text(inner.get("status") or event.get("status"))
        if status and status not in _RUNNING:
            self.complete, self._outcome = True, _outcome(status)

    def _follow(self, interaction_id: Any) -> None:
        if interaction_id and self._id and interaction_id != self._id:
            self._tokens, self._last = add_tokens(self._tokens, self._last), None
            self.complete, self._outcome = False, "success"
        self._id = interaction_id or self._id

    def _count(self, usage: Any) -> None:
        self._last = usage_tokens(usage) or self._last


def usage_tokens(usage: Any) -> TokenUsage | None:
    """Tokens in the words of the Interactions API."""
    counts = fields(usage)
    read_in = count(counts.get("total_input_tokens")) + count(counts.get("total_tool_use_tokens"))
    written = count(counts.get("total_output_tokens")) + count(counts.get("total_thought_tokens"))
    return token_usage(read_in, written, counts.get("total_tokens"))


def tool_name(step: Any) -> Iterator[str]:
    """The name of the tool that a step calls; hosted tools are called after their step's type."""
    body = fields(step)
    kind = text(body.get("type"))
    if kind in _NAMED_CALLS:
        name = text(body.get("name"))
    else:
        name = kind.removesuffix("_call") if kind.endswith("_call") and kind not in _NO_CALLS else ""
    if name:
        yield name


def is_interaction(value: Mapping[str, Any]) -> bool:
    """Tell a parsed interaction."""
    counts = fields(value.get("usage"))
    return value.get("object") == "interaction" or counts.get("total_input_tokens") is not None


def is_event(event: Mapping[str, Any]) -> bool:
    """Tell an event of a stream."""
    return text(event.get("event_type")).startswith(("interaction.", "step."))


def _outcome(status: str) -> Outcome:
    if status in _FAILED:
        return "error"
    return None if status == "cancelled" or status in _RUNNING else "success"


def _has_output(part: Any) -> bool:
    """Whether a delta or a content has anything in it; a thought's summary has a content in the delta."""
    body = fields(part)
    if text(body.get("type")).endswith(_NO_OUTPUT):
        return False
    return any(body.get(name) for name in _OUTPUT) or bool(fields(body.get("content")).get("text"))
