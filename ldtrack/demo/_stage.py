"""What the demo's scenes play on: the provider's clients, LaunchDarkly, and users."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from anthropic import Anthropic, AsyncAnthropic
from ldai import LDAIClient
from ldclient import Context
from openai import AsyncOpenAI, OpenAI

from ldtrack.local import LocalLaunchDarkly

_NAMES = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hana")

USERS = [
    Context.builder(name).set("plan", "pro" if number % 3 == 0 else "free").build()
    for number, name in enumerate(_NAMES)
]


@dataclass
class Stage:
    """Made by `stage`; `feedback` collects the resumption tokens of runs that users will rate later."""

    launchdarkly: LDAIClient
    openai: OpenAI
    async_openai: AsyncOpenAI
    anthropic: Anthropic
    async_anthropic: AsyncAnthropic
    feedback: list[tuple[str, Context]] = field(default_factory=list[tuple[str, Context]])


@asynccontextmanager
async def stage(root: str, local: LocalLaunchDarkly) -> AsyncGenerator[Stage]:
    """Make clients for a provider at `root`, closed in the end."""
    options: dict[str, Any] = {"api_key": "demo", "max_retries": 0, "timeout": 30}
    async with AsyncExitStack() as stack:
        yield Stage(
            launchdarkly=LDAIClient(local.client),
            openai=stack.enter_context(OpenAI(base_url=f"{root}/v1", **options)),
            async_openai=await stack.enter_async_context(AsyncOpenAI(base_url=f"{root}/v1", **options)),
            anthropic=stack.enter_context(Anthropic(base_url=root, **options)),
            async_anthropic=await stack.enter_async_context(AsyncAnthropic(base_url=root, **options)),
        )
