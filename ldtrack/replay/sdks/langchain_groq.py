"""LangChain's package for Groq."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ldtrack.replay.sdks._langchain import MODEL, langchain

# Imported by name, since type checkers run where it is not installed.
langchain_groq: Any = import_module("langchain_groq")


def model(root: str, _endpoint: str) -> Any:
    """Make a model."""
    return langchain_groq.ChatGroq(base_url=root, **MODEL)


SDK = langchain("langchain-groq", model, ("langchain_groq", "groq"))
