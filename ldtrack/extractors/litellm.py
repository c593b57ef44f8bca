"""litellm, which answers in OpenAI's formats whoever is behind it; its `anthropic.messages` returns plain dicts."""

from __future__ import annotations

from ldtrack.extractors._chat import ChatStream, CompletionStream, chat_completion, tokens_only
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import ResponseStream, response, usage_only

_RESPONSE_EVENTS = (
    *(f"Response{kind}Event" for kind in ("Created", "InProgress", "Completed", "Failed", "Incomplete", "PartAdded")),
    "ReasoningSummary*Event",
    "OutputItem*Event",
    "OutputText*Event",
    "ContentPart*Event",
    "RefusalDeltaEvent",
    "RefusalDoneEvent",
    "FunctionCallArguments*Event",
    "FileSearchCall*Event",
    "WebSearchCall*Event",
    "MCPCall*Event",
    "MCPListTools*Event",
    "ImageGenerationPartialImageEvent",
    "ErrorEvent",
    "GenericEvent",
)

PROVIDER = Provider(
    packages=("litellm",),
    responses={
        "ModelResponse": chat_completion,
        "TextCompletionResponse": chat_completion,
        "EmbeddingResponse": tokens_only,
        "ResponsesAPIResponse": response,
        "ImageResponse": usage_only,
        "TranscriptionResponse": usage_only,
    },
    chunks={
        "ModelResponseStream": ChatStream,
        "TextCompletionResponse": CompletionStream,
        **dict.fromkeys(_RESPONSE_EVENTS, ResponseStream),
    },
)
