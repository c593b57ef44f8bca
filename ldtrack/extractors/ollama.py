"""Ollama's API: the chunks of a stream are of the same classes, and of the same shape, as whole responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, read, token_usage
from ldtrack.extractors._fields import Fields, fields, items, text
from ldtrack.extractors._provider import Provider

_NOTHING_GENERATED = frozenset({"load", "unload"})


def response(value: Any) -> Reading:
    """Read a chat, a completion or embeddings; a model that was only loaded or unloaded generated nothing."""
    body = fields(value)
    return read(_outcome(body), _tokens(body), _names(body))


def is_response(body: Mapping[str, Any]) -> bool:
    """Tell a response by its counts, which durations go along with, or by how it says that it is done."""
    return body.get("prompt_eval_count") is not None or body.get("eval_count") is not None or is_chunk(body)


def is_chunk(body: Mapping[str, Any]) -> bool:
    """Tell a chunk by how it says whether it is the last one."""
    return isinstance(body.get("done"), bool) and "created_at" in body and "model" in body


class ResponseStream:
    """Folds the chunks of one response, or of several after each other, whose tokens are added up."""

    def __init__(self) -> None:
        self.complete = False
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk; text, thinking, a call and an image are output."""
        body = fields(chunk)
        self.complete = bool(body.get("done"))
        self._outcome = _outcome(body)
        self._tokens = add_tokens(self._tokens, _tokens(body))
        names = list(_names(body))
        self._names += names
        return bool(names or self.text(chunk) or body.get("image"))

    def text(self, chunk: Any, /) -> str:
        """The output in a chunk: text and thinking, for who estimates its tokens."""
        body = fields(chunk)
        message = fields(body.get("message"))
        parts = (body.get("response"), body.get("thinking"), message.get("content"), message.get("thinking"))
        return "".join(map(text, parts))

    def result(self) -> Reading:
        """Everything up to here; the last response's outcome holds."""
        return read(self._outcome, self._tokens, self._names)


def _tokens(body: Fields) -> TokenUsage | None:
    return token_usage(body.get("prompt_eval_count"), body.get("eval_count"))


def _outcome(body: Fields) -> Outcome:
    return None if text(body.get("done_reason")) in _NOTHING_GENERATED else "success"


def _names(body: Fields) -> Iterator[str]:
    for call in items(fields(body.get("message")).get("tool_calls")):
        name = text(fields(fields(call).get("function")).get("name"))
        if name:
            yield name


PROVIDER = Provider(
    packages=("ollama",),
    responses=dict.fromkeys(("ChatResponse", "GenerateResponse", "EmbedResponse", "EmbeddingsResponse"), response),
    chunks=dict.fromkeys(("ChatResponse", "GenerateResponse"), ResponseStream),
)
