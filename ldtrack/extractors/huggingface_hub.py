"""Hugging Face's Python SDK: chats in OpenAI's format, and text generation, which counts only what it wrote."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._folds import Each
from ldtrack._metrics import Reading, read, token_usage
from ldtrack.extractors._chat import ChatStream, chat_completion
from ldtrack.extractors._fields import fields, text
from ldtrack.extractors._provider import Provider


def generation(value: Any) -> Reading:
    """Read generated text; without `details=True` it is all there is."""
    return read(tokens=_tokens(fields(value).get("details")))


class GenerationStream:
    """Folds generated tokens; the last one has the details."""

    def __init__(self) -> None:
        self.complete = False
        self._tokens: TokenUsage | None = None

    def feed(self, chunk: Any, /) -> bool:
        """Take a token; special ones (such as the end's) are no output."""
        body = fields(chunk)
        details = body.get("details")
        if details or body.get("generated_text") is not None:
            self.complete, self._tokens = True, _tokens(details)
        return bool(self.text(chunk))

    def text(self, chunk: Any, /) -> str:
        """The output in a token, for who estimates its tokens."""
        token = fields(fields(chunk).get("token"))
        return "" if token.get("special") else text(token.get("text"))

    def result(self) -> Reading:
        """The tokens, where the stream was read to its end."""
        return read(tokens=self._tokens)


def _tokens(details: Any) -> TokenUsage | None:
    counts = fields(details)
    return token_usage(counts.get("input_length"), counts.get("generated_tokens"))


PROVIDER = Provider(
    packages=("huggingface_hub",),
    responses={"ChatCompletionOutput": chat_completion, "TextGenerationOutput": generation},
    chunks={
        "ChatCompletionStreamOutput": ChatStream,
        "ChatCompletionOutput": partial(Each, chat_completion),
        "TextGenerationStreamOutput": GenerationStream,
    },
)
