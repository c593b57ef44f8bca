"""Google's `google-genai`, for the Gemini API and Vertex AI; streams are plain generators of responses."""

from __future__ import annotations

from typing import Any

from ldtrack._metrics import Reading, read
from ldtrack.extractors._gemini import GenerateStream, embeddings, generate_content
from ldtrack.extractors._interactions import InteractionStream, interaction
from ldtrack.extractors._provider import Provider
from ldtrack.extractors.http import wrapped


def token_count(_count: Any) -> Reading:
    """Counting tokens generates nothing: the count is no usage."""
    return read()


_events = (
    "ErrorEvent",
    "InteractionCompletedEvent",
    "InteractionCreatedEvent",
    "InteractionStatusUpdate",
    "StepDelta",
    "StepStart",
    "StepStop",
    "UnknownInteractionSSEEvent",
)

PROVIDER = Provider(
    packages=("google.genai",),
    responses={
        "GenerateContentResponse": generate_content,
        "EmbedContentResponse": embeddings,
        "Interaction": interaction,
        "CountTokensResponse": token_count,
        "ComputeTokensResponse": token_count,
        # Of interactions: `with_raw_response`, `with_streaming_response`.
        "APIResponse": wrapped,
        "AsyncAPIResponse": wrapped,
        "StreamedAPIResponse": wrapped,
        "AsyncStreamedAPIResponse": wrapped,
    },
    chunks={"GenerateContentResponse": GenerateStream, **dict.fromkeys(_events, InteractionStream)},
    managers=("_StreamingContextManagerProxy", "_AsyncStreamingContextManagerProxy"),
)
