"""A chat with LaunchDarkly's managed runner: one runner for all turns, so that the history carries over.

Needs LaunchDarkly's package for the provider: `pip install launchdarkly-server-sdk-ai-openai`.
"""

from __future__ import annotations

import asyncio

from ldai import ManagedModel
from ldclient import Context

from ldtrack import configure, conversation, inject, tracked
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {
    "support-chat": {
        "model": {"name": "gpt-4o-mini"},
        "provider": {"name": "OpenAI"},
        "messages": [{"role": "system", "content": "You answer for a bicycle rental."}],
    }
}


@tracked("support-chat")
async def turn(question: str, model: ManagedModel = inject()) -> str:
    """Take one turn; the managed runner calls the provider, and tracks."""
    result = await model.run(question)
    return result.content


async def chat(user: Context) -> None:
    """Take three turns of one conversation."""
    async with conversation("support-chat", user):
        for question in ("How do I rent a bike for a week?", "Is a helmet included?", "What happens if I am late?"):
            print(">", question)
            print(await turn(question))


def main() -> None:
    """Chat, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)
        asyncio.run(chat(Context.create("ada")))
        for run in local.runs():
            print(f"{run.config_key}: {run.outcome} in {run.duration_ms} ms, {run.total_tokens} tokens")


if __name__ == "__main__":
    main()
