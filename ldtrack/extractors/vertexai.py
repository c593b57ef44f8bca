"""The deprecated `vertexai.generative_models` of `google-cloud-aiplatform`: wrappers around protobuf messages."""

from __future__ import annotations

from typing import Any

from ldtrack._metrics import Reading
from ldtrack.extractors._gemini import GenerateStream, generate_content
from ldtrack.extractors._provider import Provider


def generation(response: Any) -> Reading:
    """Read a whole response. Its own dict has what was sent, and enums by name; its `text` raises where blocked."""
    return generate_content(response.to_dict())


class GenerationStream(GenerateStream):
    """Folds the chunks, which are responses too."""

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk."""
        return super().feed(chunk.to_dict())


PROVIDER = Provider(
    packages=("vertexai",),
    responses={"GenerationResponse": generation},
    chunks={"GenerationResponse": GenerationStream},
)
