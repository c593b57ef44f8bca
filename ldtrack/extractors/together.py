"""Together's Python SDK: OpenAI's format in classes of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldtrack._folds import Each
from ldtrack.extractors._chat import UnaskedStream, chat_completion, tokens_only
from ldtrack.extractors._fields import extra, fields, items, text
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._stainless import RAW_MANAGERS, RAW_RESPONSES


class CompletionStream(UnaskedStream):
    """Folds chunks of text completions, which may say that they ended in a place where the SDK declares nothing."""

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk; its text stands in the choice or, as a chat's would, in the choice's delta."""
        began = super().feed(chunk)
        body = fields(chunk)
        for choice in items(body.get("choices")):
            reason = extra(choice, "finish_reason") or body.get("finish_reason")
            self._take({"index": fields(choice).get("index"), "finish_reason": reason}, began)
        return began

    def _output(self, choice: Any) -> bool:
        return bool(choice.get("text")) or super()._output(choice)

    def _text(self, choice: Any) -> str:
        return text(choice.get("text")) or super()._text(choice)


_each_chat = partial(Each, chat_completion)

PROVIDER = Provider(
    packages=("together",),
    responses={
        "ChatCompletion": chat_completion,
        "Completion": chat_completion,
        "Embedding": tokens_only,
        "RerankCreateResponse": tokens_only,
        "ImageFile": tokens_only,
        **RAW_RESPONSES,
    },
    chunks={
        "ChatCompletionChunk": UnaskedStream,
        "CompletionChunk": CompletionStream,
        "ChatCompletion": _each_chat,
        "Completion": _each_chat,
    },
    managers=RAW_MANAGERS,
)
