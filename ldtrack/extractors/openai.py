"""OpenAI's Python SDK; Azure's and Bedrock's clients in it return the same classes."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldtrack._folds import Each
from ldtrack._metrics import Reading, read
from ldtrack.extractors._chat import (
    ChatEventStream,
    ChatStream,
    CompletionStream,
    chat_completion,
    is_plain,
    tokens_only,
)
from ldtrack.extractors._fields import fields
from ldtrack.extractors._official import WithOfficial
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import MediaStream, ResponseStream, response, usage_only
from ldtrack.extractors.http import wrapped

_chat = WithOfficial("ldai_openai", chat_completion, is_plain)
_each_chat = partial(Each, _chat)
_each_response = partial(Each, response)


def paid_completion(exc: Any) -> Reading | None:
    """Read the completion that `parse()` found too short or filtered, and raised."""
    completion = fields(exc).get("completion")
    if completion is None:
        return None
    reading = chat_completion(completion)
    return read("error", reading.tokens, reading.tool_calls or ())


def nothing(_response: Any) -> Reading:
    """Speech and moderations tell no tokens."""
    return read()


PROVIDER = Provider(
    packages=("openai",),
    responses={
        "ChatCompletion": _chat,
        "Completion": WithOfficial("ldai_openai", chat_completion),
        "CreateEmbeddingResponse": WithOfficial("ldai_openai", tokens_only),
        "Response": response,
        "BetaResponse": response,
        "CompactedResponse": response,
        "Decision": response,
        "Turn": response,
        "AgentSession": response,
        "ImagesResponse": usage_only,
        "Transcription": usage_only,
        "TranscriptionDiarized": usage_only,
        "TranscriptionVerbose": usage_only,
        "HttpxBinaryResponseContent": nothing,
        "ModerationCreateResponse": nothing,
        "LegacyAPIResponse": wrapped,
        "APIResponse": wrapped,
        "AsyncAPIResponse": wrapped,
    },
    chunks={
        "ChatCompletionChunk": ChatStream,
        "Completion": CompletionStream,
        "ChunkEvent": ChatEventStream,
        "Content*Event": ChatEventStream,
        "Refusal*Event": ChatEventStream,
        "FunctionToolCallArguments*Event": ChatEventStream,
        "Logprobs*Event": ChatEventStream,
        "Response*Event": ResponseStream,
        "Image*Event": MediaStream,
        "TranscriptionText*Event": MediaStream,
        "ChatCompletion": _each_chat,
        "Response": _each_response,
    },
    managers=(
        "ChatCompletionStreamManager",
        "AsyncChatCompletionStreamManager",
        "ResponseStreamManager",
        "AsyncResponseStreamManager",
        "ResponseContextManager",
        "AsyncResponseContextManager",
    ),
    exceptions={
        "LengthFinishReasonError": paid_completion,
        "ContentFilterFinishReasonError": paid_completion,
    },
)
