"""Pydantic AI: a streamed run is read through its methods, and ends when they have given everything."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import anyio
from ldclient import Context
from pydantic_ai import Agent  # type: ignore[import-not-found, unused-ignore]
from pydantic_ai.models.openai import OpenAIChatModel  # type: ignore[import-not-found, unused-ignore]
from pydantic_ai.providers.openai import OpenAIProvider  # type: ignore[import-not-found, unused-ignore]
from pydantic_ai.result import StreamedRunResult  # type: ignore[import-not-found, unused-ignore]

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gpt-5-mini"}, "provider": {"name": "OpenAI"}}}


def event(**changes: Any) -> str:
    """What OpenAI sends of a stream."""
    body = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5-mini", "choices": [], **changes}
    return f"data: {json.dumps(body)}\n\n"


EVENTS = [
    event(choices=[{"index": 0, "delta": {"role": "assistant", "content": "By the "}}]),
    event(choices=[{"index": 0, "delta": {"content": "hour."}}]),
    event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
    event(usage={"prompt_tokens": 21, "completion_tokens": 6, "total_tokens": 27}),
    "data: [DONE]\n\n",
]


@tracked("bikes")
def ask(agent: Agent, question: str) -> AbstractAsyncContextManager[StreamedRunResult]:
    """Start a streamed run, which is a context to be entered."""
    run: AbstractAsyncContextManager[StreamedRunResult] = agent.run_stream(question)
    return run


async def main() -> None:
    """Ask once, and show what was recorded."""
    with (
        LocalLaunchDarkly(CONFIGS) as local,
        answering(*EVENTS, content_type="text/event-stream") as url,
    ):
        configure(client=local.client, context=Context.create("ada"))
        model = OpenAIChatModel("gpt-5-mini", provider=OpenAIProvider(base_url=url, api_key="any"))
        async with ask(Agent(model), "How are bikes rented?") as streamed:
            async for piece in streamed.stream_text(delta=True):
                print(piece, end="", flush=True)
        print()
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    anyio.run(main)
