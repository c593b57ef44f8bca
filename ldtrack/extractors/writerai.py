"""Writer's Python SDK: chats in OpenAI's format; text completions, applications and graphs tell no tokens."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldtrack._folds import Each
from ldtrack._metrics import Reading, read
from ldtrack.extractors._chat import ChatEventStream, ChatStream, chat_completion, tokens_only
from ldtrack.extractors._fields import fields
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._stainless import RAW_MANAGERS, RAW_RESPONSES


class TextStream:
    """Tells when text began, in chunks that say nothing of tokens or of an end."""

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk of a completion, of an application's text or of an answer from a graph."""
        body = fields(chunk)
        delta, data = fields(body.get("delta")), fields(body.get("data"))
        return bool(body.get("value") or delta.get("content") or delta.get("title") or data.get("answer"))

    def result(self) -> Reading:
        """Nothing but the success."""
        return read()


_events = ("ChunkEvent", "Content*Event", "Refusal*Event", "FunctionToolCallArguments*Event", "Logprobs*Event")

PROVIDER = Provider(
    packages=("writerai",),
    responses={
        "ChatCompletion": chat_completion,
        "Completion": tokens_only,
        "ApplicationGenerateContentResponse": tokens_only,
        "Question": tokens_only,
        "TranslationResponse": tokens_only,
        "VisionResponse": tokens_only,
        **RAW_RESPONSES,
    },
    chunks={
        "ChatCompletionChunk": ChatStream,
        "ChatCompletion": partial(Each, chat_completion),
        **dict.fromkeys(_events, ChatEventStream),
        **dict.fromkeys(("CompletionChunk", "ApplicationGenerateContentChunk", "QuestionResponseChunk"), TextStream),
    },
    managers=("ChatCompletionStreamManager", "AsyncChatCompletionStreamManager", *RAW_MANAGERS),
)
