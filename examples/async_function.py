"""A coroutine function, several calls at once: each is a run of its own."""

# ruff: noqa: ARG001 -- ldtrack reads `user`, the function does not

from __future__ import annotations

import asyncio

from anthropic import AsyncAnthropic
from anthropic.types import Message
from ldai import AICompletionConfig
from ldclient import Context

from ldtrack import configure, inject, tracked
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"shop-copy": {"model": {"name": "claude-sonnet-4"}, "provider": {"name": "Anthropic"}}}


@tracked("shop-copy")
async def slogan(client: AsyncAnthropic, request: str, user: Context, config: AICompletionConfig = inject()) -> Message:
    """Write a slogan for one user."""
    return await client.messages.create(
        model=config.model.name if config.model else "claude-sonnet-4",
        max_tokens=100,
        messages=[{"role": "user", "content": request}],
    )


async def ask_for_three() -> None:
    """Ask for three users at once, with one client."""
    async with AsyncAnthropic() as client:
        users = [Context.create(name) for name in ("ada", "ben", "cleo")]
        await asyncio.gather(*(slogan(client, "A slogan for our cargo bike, please.", user) for user in users))


def main() -> None:
    """Ask, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)
        asyncio.run(ask_for_three())
        for run in local.runs():
            print(f"{run.context.key}: {run.outcome}, {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
