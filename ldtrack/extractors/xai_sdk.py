"""xAI's Python SDK, which speaks gRPC: its counts are 0 where they are absent.

Its streams are pairs of the response so far and the chunk. Only the chunk is read, whose counts are those up to here:
the response would join all its text again for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, count, read, token_usage
from ldtrack.extractors._fields import text
from ldtrack.extractors._provider import Provider

_ASSISTANT = 2
"""The role, as the protocol numbers it."""


def response(value: Any) -> Reading:
    """Read a response; those of a batch share one usage, which counts with the first."""
    index = getattr(value, "_index", None)
    outputs = getattr(getattr(value, "proto", None), "outputs", ())
    own = [output for output in outputs if index is None or output.index == index]
    names = dict(call for output in own for call in _calls(output.message))
    return read(tokens=None if index else _tokens(value), tool_calls=names.values())


def image(value: Any) -> Reading:
    """Read an image; those of a batch share one usage, which counts with the first."""
    images = getattr(getattr(value, "proto", None), "images", ())
    first = images and images[0] == getattr(value, "_image", None)
    return read(tokens=_tokens(value) if first else None)


class ChunkStream:
    """Folds the chunks of one stream."""

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._names: dict[str, str] = {}
        """By the ids of calls: those of tools on xAI's side come again when they are done."""

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk; text, reasoning and calls are output, what tools answer is not."""
        proto = getattr(chunk, "proto", None)
        self._tokens = _tokens(proto) or self._tokens
        began = False
        for output in getattr(proto, "outputs", ()):
            began = self._take(output.delta) or began
        return began

    def text(self, chunk: Any, /) -> str:
        """The output in a chunk: text and reasoning, for who estimates its tokens."""
        deltas = [output.delta for output in getattr(getattr(chunk, "proto", None), "outputs", ())]
        return "".join(delta.reasoning_content + delta.content for delta in deltas if delta.role == _ASSISTANT)

    def result(self) -> Reading:
        """Everything up to here."""
        return read(tokens=self._tokens, tool_calls=self._names.values())

    def _take(self, delta: Any) -> bool:
        calls = dict(_calls(delta))
        self._names.update(calls)
        return delta.role == _ASSISTANT and bool(calls or delta.content or delta.reasoning_content)


def _calls(message: Any) -> Iterator[tuple[str, str]]:
    if message.role == _ASSISTANT:
        for call in message.tool_calls:
            name = text(call.function.name)
            if name:
                yield call.id, name


def _tokens(value: Any) -> TokenUsage | None:
    """Reasoning is not part of what xAI calls completion."""
    usage = getattr(value, "usage", None)
    if usage is None:
        return None
    written = count(usage.completion_tokens) + count(usage.reasoning_tokens)
    return token_usage(usage.prompt_tokens, written, usage.total_tokens)


PROVIDER = Provider(
    packages=("xai_sdk",),
    responses={
        **dict.fromkeys(("Response", "CompactContextResponse", "VideoResponse"), response),
        "BaseImageResponse": image,
    },
    chunks={"Chunk": ChunkStream},
)
