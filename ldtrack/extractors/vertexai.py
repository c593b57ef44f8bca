"""The deprecated `vertexai.generative_models` of `google-cloud-aiplatform`: wrappers around protobuf messages."""

from __future__ import annotations

from typing import Any

from ldtrack._metrics import Reading
from ldtrack.extractors._gemini import GenerateStream, generate_content
from ldtrack.extractors._provider import Provider


def generation(response: Any) -> Reading:
    """Read a whole response."""
    return generate_content(_as_dict(response))


class GenerationStream(GenerateStream):
    """Folds the chunks, which are responses too."""

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk."""
        return super().feed(_as_dict(chunk))


def _as_dict(response: Any) -> Any:
    """The message as a dict, with enums by name; the wrapper's own `to_dict()` warns of a protobuf argument it uses."""
    message = response._raw_response  # noqa: SLF001 -- `text` and others raise where a response was blocked
    return message.__class__.to_dict(message, use_integers_for_enums=False)


PROVIDER = Provider(
    packages=("vertexai",),
    responses={"GenerationResponse": generation},
    chunks={"GenerationResponse": GenerationStream},
)
