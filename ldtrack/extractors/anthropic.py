"""Anthropic's Python SDK; its Bedrock, Vertex and Foundry clients return the same classes."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldtrack._folds import Each
from ldtrack._metrics import Reading, read
from ldtrack.extractors._messages import MessageStream, message
from ldtrack.extractors._provider import Provider
from ldtrack.extractors.http import wrapped


def token_count(_count: Any) -> Reading:
    """Counting tokens generates nothing: the count is no usage."""
    return read()


_each = partial(Each, message)
_raw_events = (
    "RawMessage*Event",
    "RawContentBlock*Event",
    "BetaRawMessage*Event",
    "BetaRawContentBlock*Event",
)
_derived_events = ("Text", "Citation", "Thinking", "Signature", "InputJson", "Compaction")
_events = (*_raw_events, *(f"{prefix}{kind}Event" for prefix in ("", "Beta", "ParsedBeta") for kind in _derived_events))

PROVIDER = Provider(
    packages=("anthropic",),
    responses={
        "Message": message,
        "BetaMessage": message,
        "MessageTokensCount": token_count,
        "BetaMessageTokensCount": token_count,
        "LegacyAPIResponse": wrapped,
        "APIResponse": wrapped,
        "AsyncAPIResponse": wrapped,
    },
    chunks={
        **dict.fromkeys(_events, MessageStream),
        "Message": _each,
        "BetaMessage": _each,
    },
    managers=(
        "MessageStreamManager",
        "AsyncMessageStreamManager",
        "BetaMessageStreamManager",
        "BetaAsyncMessageStreamManager",
        "ResponseContextManager",
        "AsyncResponseContextManager",
    ),
)
