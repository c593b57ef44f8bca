"""LangChain's package for Anthropic."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ldtrack.replay.sdks._langchain import MODEL, langchain

# Imported by name, since type checkers run where it is not installed.
langchain_anthropic: Any = import_module("langchain_anthropic")


def model(root: str, _endpoint: str) -> Any:
    """Make a model."""
    return langchain_anthropic.ChatAnthropic(base_url=root, max_tokens=1024, **MODEL)


SDK = langchain("langchain-anthropic", model, ("langchain_anthropic", "anthropic"))
