"""An async generator function, closed with `aclosing` so that a stream that is left early ends at once."""

# ruff: noqa: ARG001 -- ldtrack reads `user`, the function does not

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from anthropic import AsyncAnthropic
from ldai import AICompletionConfig
from ldclient import Context

from ldtrack import configure, inject, track_stream, tracked
from ldtrack.demo import scripted_provider
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"tours": {"model": {"name": "claude-sonnet-4"}, "provider": {"name": "Anthropic"}}}


@tracked("tours")
async def plan(request: str, user: Context, config: AICompletionConfig = inject()) -> AsyncGenerator[str, None]:
    """Stream the text of a plan. Text has no tokens, so `wrap` follows the provider's own stream."""
    async with AsyncAnthropic() as client, track_stream() as tracking:
        manager = client.messages.stream(
            model=config.model.name if config.model else "claude-sonnet-4",
            max_tokens=500,
            messages=[{"role": "user", "content": request}],
        )
        async with tracking.wrap(manager) as stream:
            async for text in stream.text_stream:
                yield text


async def read_two_streams() -> None:
    """Read one stream to its end, and leave another."""
    async with aclosing(plan("What happens if I bring it back late?", Context.create("ada"))) as words:
        print("".join([word async for word in words]))
    async with aclosing(plan("Plan a long tour for me, with every stop.", Context.create("ben"))) as words:
        async for word in words:
            if word.startswith("river"):
                break


def main() -> None:
    """Read the streams, and show what was recorded."""
    with scripted_provider(), LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client)
        asyncio.run(read_two_streams())
        for run in local.runs():
            first = f"first token after {run.time_to_first_token_ms} ms"
            print(f"{run.context.key}: {run.outcome} in {run.duration_ms} ms, {first}, tokens: {run.total_tokens}")


if __name__ == "__main__":
    main()
