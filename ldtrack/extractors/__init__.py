"""Built-in readings, one module per provider, loaded when a class of that provider is first seen.

To add a provider: write a module with a `PROVIDER` (see `_provider.py`), and add a line for each top-level package
that its classes live in. No module here imports an SDK.
"""

from __future__ import annotations

PACKAGES = {
    "agents": "openai_agents",
    "ai": "ai",
    "aiobotocore": "aws",
    "anthropic": "anthropic",
    "azure.ai": "azure_ai_inference",
    "botocore": "aws",
    "cohere": "cohere",
    "crewai": "crewai",
    "dspy": "dspy",
    "google.adk": "google_adk",
    "google.genai": "google_genai",
    "groq": "groq",
    "httpx": "http",
    "httpx2": "http",
    "huggingface_hub": "huggingface_hub",
    "instructor": "instructor",
    "langchain_core": "langchain_core",
    "langgraph": "langchain_core",
    "litellm": "litellm",
    "llama_index": "llama_index",
    "mistralai": "mistralai",
    "ollama": "ollama",
    "openai": "openai",
    "pydantic_ai": "pydantic_ai",
    "pydantic_graph": "pydantic_graph",
    "requests": "http",
    "strands": "strands",
    "together": "together",
    "vertexai": "vertexai",
    "workflows": "llama_index",
    "writerai": "writerai",
    "xai_sdk": "xai_sdk",
}
"""The module that knows the classes of a top-level package."""

WATCHING = frozenset({"crewai"})
"""Packages whose calls have to be seen as they begin: what they give at the end does not tell enough."""
