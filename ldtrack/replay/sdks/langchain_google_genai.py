"""LangChain's package for Gemini."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ldtrack.replay.sdks._langchain import MODEL, langchain

# Imported by name, since type checkers run where it is not installed.
langchain_google_genai: Any = import_module("langchain_google_genai")


def model(root: str, _endpoint: str) -> Any:
    """Make a model."""
    return langchain_google_genai.ChatGoogleGenerativeAI(base_url=root, vertexai=False, **MODEL)


SDK = langchain("langchain-google-genai", model, ("langchain_google_genai", "google"))
