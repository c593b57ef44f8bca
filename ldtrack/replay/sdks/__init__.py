"""The SDKs that recorded calls are played through, one module each, imported only if its SDK is installed.

To add an SDK: write a module with an `SDK` (see `_sdk.py`), and a line here for each driver that a case may name.
"""

from __future__ import annotations

import functools
import importlib

from ldtrack.replay._sdk import Sdk

MODULES = {
    "anthropic": "anthropic",
    "anthropic_bedrock": "anthropic_bedrock",
    "anthropic_stream_helper": "anthropic",
    "boto3": "bedrock",
    "cohere": "cohere",
    "google_genai": "google_genai",
    "groq": "groq",
    "huggingface_hub": "huggingface_hub",
    "langchain_agent": "langchain_agent",
    "langchain_anthropic": "langchain_anthropic",
    "langchain_aws": "langchain_aws",
    "langchain_google_genai": "langchain_google_genai",
    "langchain_groq": "langchain_groq",
    "langchain_mistralai": "langchain_mistralai",
    "langchain_openai": "langchain_openai",
    "litellm": "litellm",
    "mistralai": "mistralai",
    "ollama": "ollama",
    "openai": "openai",
    "openai_agents": "openai_agents",
    "openai_raw_response": "openai",
    "openai_stream_helper": "openai",
    "writerai": "writerai",
}
"""The module of each driver: a driver is one way of making a call with an SDK."""


@functools.cache
def sdk_of(driver: str) -> Sdk | None:
    """How a driver's calls are made; None where nobody knows it, or its SDK is not installed."""
    module = MODULES.get(driver)
    if module is None:
        return None
    try:
        sdk: Sdk = importlib.import_module(f"ldtrack.replay.sdks.{module}").SDK
    except ImportError:
        return None
    return sdk
