"""Groq's Python SDK: OpenAI's format in classes of its own. Its transcriptions tell no tokens."""

from __future__ import annotations

from functools import partial

from ldtrack._folds import Each
from ldtrack.extractors._chat import UnaskedStream, chat_completion, tokens_only
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._stainless import RAW_MANAGERS, RAW_RESPONSES

PROVIDER = Provider(
    packages=("groq",),
    responses={
        "ChatCompletion": chat_completion,
        "CreateEmbeddingResponse": tokens_only,
        "Transcription": tokens_only,
        "Translation": tokens_only,
        **RAW_RESPONSES,
    },
    chunks={"ChatCompletionChunk": UnaskedStream, "ChatCompletion": partial(Each, chat_completion)},
    managers=RAW_MANAGERS,
)
