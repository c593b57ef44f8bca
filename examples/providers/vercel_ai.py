"""Vercel's AI SDK for Python: the events of a stream tell what was used."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import ai  # type: ignore[import-not-found, unused-ignore]
from ai.providers.openai import protocol  # type: ignore[import-not-found, unused-ignore]
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}


def event(text: str, reason: str | None = None, usage: Any = None) -> str:
    """What OpenAI sends of a stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    body = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps({**body, 'usage': usage})}\n\n"


@tracked("bikes")
async def ask(model: Any, question: str) -> AsyncIterator[Any]:
    """Stream an answer."""
    async with ai.stream(model, [ai.user_message(question)]) as stream:
        async for part in stream:
            yield part


async def main() -> None:
    """Ask once, and show what was recorded."""
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    events = [event("By the "), event("hour.", "stop", usage)]
    with LocalLaunchDarkly(CONFIGS) as local, answering(*events, content_type="text/event-stream") as url:
        configure(client=local.client, context=Context.create("ada"))
        provider = ai.get_provider("openai", base_url=url, api_key="any")
        model = ai.Model(id="gpt-4o-mini", provider=provider, protocol=protocol.OpenAIChatCompletionsProtocol())
        async for part in ask(model, "How are bikes rented?"):
            print(getattr(part, "chunk", ""), end="")
        await provider.aclose()
        for run in local.runs():
            print(f"\n{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    asyncio.run(main())
