"""LangChain's package for Bedrock."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ldtrack.replay.sdks import bedrock
from ldtrack.replay.sdks._langchain import langchain

# Imported by name, since type checkers run where it is not installed.
langchain_aws: Any = import_module("langchain_aws")


def model(root: str, _endpoint: str) -> Any:
    """Make a model."""
    client = bedrock.runtime(root)
    options = {"model": "recorded", "provider": "amazon", "disable_streaming": False}
    return langchain_aws.ChatBedrockConverse(client=client, bedrock_client=client, **options)


SDK = langchain("langchain-aws", model, ("langchain_aws", "botocore"))
