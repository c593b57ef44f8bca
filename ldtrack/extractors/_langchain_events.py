"""The events of version 3 of LangChain's streams, each of which is read as the part of a message that it tells of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldtrack.extractors._fields import Fields, fields, text
from ldtrack.extractors._langchain import MessageStream

_KINDS = frozenset(
    {"message-start", "content-block-start", "content-block-delta", "content-block-finish", "message-finish"}
)
_CALLS = frozenset({"tool_call", "tool_call_chunk", "invalid_tool_call"})
# What a delta has, and what it is in a block of content.
_TEXTS = ("text", "reasoning")
_PART = {"type": "AIMessageChunk"}


class MessageEventStream(MessageStream):
    """Folds the events of one message, or of several after each other."""

    def text(self, event: Any, /) -> str:
        """The output in an event, for who estimates its tokens."""
        return super().text(as_chunk(event))

    def feed(self, event: Any, /) -> bool:
        """Take an event; pieces of text, thinking, arguments and media, and the start of a call are output."""
        return super().feed(as_chunk(event))


def is_message_event(event: Mapping[str, Any]) -> bool:
    """Tell an event of a message."""
    kind = text(event.get("event"))
    return kind in _KINDS or (kind == "error" and "message" in event)


def as_chunk(event: Any) -> dict[str, Any]:
    """The chunk of a message that would tell the same."""
    body = fields(event)
    kind = body.get("event")
    if kind == "message-start":
        return {**_PART, "response_metadata": {"model_provider": fields(body.get("metadata")).get("provider")}}
    if kind == "content-block-start":
        return {**_PART, **_started(fields(body.get("content") or body.get("content_block")))}
    if kind == "content-block-delta":
        return {**_PART, **_piece(fields(body.get("delta") or body.get("content_block")))}
    if kind == "message-finish":
        return {**_PART, "response_metadata": body.get("metadata"), "usage_metadata": body.get("usage")}
    return {**_PART, "response_metadata": {"finish_reason": "error"}} if kind == "error" else {}


def _started(block: Fields) -> dict[str, Any]:
    """What the start of a block tells: a call's name."""
    return {"tool_call_chunks": [{"name": block.get("name")}]} if block.get("type") in _CALLS else {}


def _piece(delta: Fields) -> dict[str, Any]:
    """What a delta brings: text, or arguments, or data."""
    if delta.get("data"):
        return {"content": [{"type": "file"}]}
    inner = fields(delta.get("fields") or delta)
    arguments = text(inner.get("args"))
    if arguments:
        return {"tool_call_chunks": [{"args": arguments}]}
    return {"content": "".join(text(inner.get(name)) for name in _TEXTS)}
