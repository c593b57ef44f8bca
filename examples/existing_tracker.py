"""A stream in code that has its own tracker already: `track_stream(tracker)`, no decorator."""

from __future__ import annotations

import asyncio

from ldai import LDAIClient
from ldclient import Context
from openai import AsyncOpenAI

from ldtrack import track_stream
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"support-chat": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}


async def answer(launchdarkly: LDAIClient, question: str, user: Context) -> None:
    """Print an answer as it comes."""
    config = launchdarkly.completion_config("support-chat", user)
    async with AsyncOpenAI() as client, track_stream(config.create_tracker()) as tracking:
        stream = await client.chat.completions.create(
            model=config.model.name if config.model else "gpt-4o-mini",
            messages=[{"role": "user", "content": question}],
            stream=True,
            stream_options={"include_usage": True},
        )
        async for chunk in tracking.wrap(stream):
            print(chunk.choices[0].delta.content or "" if chunk.choices else "", end="", flush=True)
    print()


def main() -> None:
    """Ask once, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        asyncio.run(answer(LDAIClient(local.client), "Is a helmet included?", Context.create("ada")))
        for run in local.runs():
            first = f"first token after {run.time_to_first_token_ms} ms"
            print(f"{run.config_key}: {run.outcome} in {run.duration_ms} ms, {first}, tokens: {run.total_tokens}")


if __name__ == "__main__":
    main()
