"""Writer's Python SDK: chats in OpenAI's format; text completions, applications and graphs tell no tokens."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldtrack._folds import Each
from ldtrack._metrics import Reading, read
from ldtrack.extractors._chat import ChatEventStream, ChatStream, chat_completion, tokens_only
from ldtrack.extractors._fields import fields, text
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._stainless import RAW_MANAGERS, RAW_RESPONSES


class TextStream:
    """Tells when text began, in chunks that say nothing of tokens or of an end."""

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk of a completion, of an application's text or of an answer from a graph."""
        return bool(self.text(chunk))

    def text(self, chunk: Any, /) -> str:
        """The output in a chunk, for who estimates its tokens."""
        body = fields(chunk)
        delta, data = fields(body.get("delta")), fields(body.get("data"))
        return "".join(map(text, (body.get("value"), delta.get("title"), delta.get("content"), data.get("answer"))))

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
