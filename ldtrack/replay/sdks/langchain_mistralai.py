"""LangChain's package for Mistral."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ldtrack.replay.sdks._langchain import MODEL, langchain

# Imported by name, since type checkers run where it is not installed.
langchain_mistralai: Any = import_module("langchain_mistralai")


def model(root: str, _endpoint: str) -> Any:
    """Make a model."""
    return langchain_mistralai.ChatMistralAI(endpoint=root, **MODEL)


SDK = langchain("langchain-mistralai", model, ("langchain_mistralai", "httpx"))
