"""Anthropic's SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anthropic

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks.openai import arguments, options

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

_NEEDED = ("model", "messages", "max_tokens")


def ask(driver: str, client: Any, case: Case) -> Any:
    """Make the call, with the beta resource where the recorded one was."""
    messages = client.beta.messages if "beta=true" in case.path else client.messages
    if driver == "anthropic_stream_helper":
        return messages.stream(**arguments(case, _NEEDED))
    streaming = {"stream": True} if case.streaming else {}
    return messages.create(**arguments(case, _NEEDED), **streaming)


SDK = Sdk(
    name="anthropic",
    packages=("anthropic",),
    client=lambda root: anthropic.Anthropic(**options(root)),
    async_client=lambda root: anthropic.AsyncAnthropic(**options(root)),
    ask=ask,
)
