"""Anthropic's SDK, as a client of Bedrock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from anthropic.lib.bedrock import AnthropicBedrock, AsyncAnthropicBedrock

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks import anthropic as direct
from ldtrack.replay.sdks.bedrock import model  # needs boto3, with which the SDK signs
from ldtrack.replay.sdks.openai import options

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

_KEYS = {"aws_access_key": "any", "aws_secret_key": "any", "aws_region": "us-east-1"}


def ask(driver: str, client: Any, case: Case) -> Any:
    """Make the call; the model, which Bedrock has in its path, is an argument here."""
    request: dict[str, Any] = {"messages": [], "max_tokens": 1, **case.request, "model": model(case)}
    return direct.ask(driver, client, replace(case, request=request))


def _options(root: str) -> dict[str, Any]:
    return {**_KEYS, **{name: value for name, value in options(root).items() if name != "api_key"}}


SDK = Sdk(
    name="anthropic_bedrock",
    packages=("anthropic",),
    client=lambda root: AnthropicBedrock(**_options(root)),
    async_client=lambda root: AsyncAnthropicBedrock(**_options(root)),
    ask=ask,
)
