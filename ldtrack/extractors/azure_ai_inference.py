"""Azure's Python SDK for model inference: OpenAI's format in objects that are mappings, too."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldtrack._folds import Each
from ldtrack._metrics import Reading
from ldtrack.extractors._chat import ChatStream, chat_completion, tokens_only
from ldtrack.extractors._provider import Provider


def completions(value: Any) -> Reading:
    """Read a completion."""
    return chat_completion(value.as_dict())


def embeddings(value: Any) -> Reading:
    """Read embeddings."""
    return tokens_only(value.as_dict())


class UpdateStream(ChatStream):
    """Folds the updates of a completion."""

    usage_option = 'model_extras={"stream_options": {"include_usage": True}}'

    def feed(self, chunk: Any, /) -> bool:
        """Take an update."""
        return super().feed(chunk.as_dict())

    def text(self, chunk: Any, /) -> str:
        """The output in an update."""
        return super().text(chunk.as_dict())


PROVIDER = Provider(
    packages=("azure.ai",),
    responses={"ChatCompletions": completions, "EmbeddingsResult": embeddings},
    chunks={"StreamingChatCompletionsUpdate": UpdateStream, "ChatCompletions": partial(Each, completions)},
)
