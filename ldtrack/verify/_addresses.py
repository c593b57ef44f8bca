"""How each SDK is told to speak to another server: by the environment variable that it documents, or not at all."""

from __future__ import annotations

SDKS: dict[str, tuple[str, ...]] = {
    "ai": (),
    "anthropic": ("ANTHROPIC_BASE_URL", "ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_VERTEX_BASE_URL"),
    "azure.ai.inference": (),
    "botocore": ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
    "cohere": ("CO_API_URL",),
    "google.genai": ("GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL"),
    "groq": ("GROQ_BASE_URL",),
    "huggingface_hub": ("HF_INFERENCE_ENDPOINT",),
    "langchain_anthropic": ("ANTHROPIC_API_URL",),
    "langchain_openai": ("OPENAI_API_BASE",),
    "litellm": ("OPENAI_API_BASE", "ANTHROPIC_API_BASE"),
    "mistralai": (),
    "ollama": ("OLLAMA_HOST",),
    "openai": ("OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"),
    "together": ("TOGETHER_BASE_URL",),
    "vertexai": (),
    "writerai": ("WRITER_BASE_URL",),
    "xai_sdk": (),
}
"""By the module whose import shows that the SDK is in use; those that take an address as an argument only have none."""

_WITH_VERSION = {"OPENAI_BASE_URL", "OPENAI_API_BASE"}


def leading_to(root: str) -> dict[str, str]:
    """Make environment variables that lead every SDK to one server."""
    names = {name for variables in SDKS.values() for name in variables}
    return {name: f"{root}/v1" if name in _WITH_VERSION else root for name in names}
