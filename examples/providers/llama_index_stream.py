"""LlamaIndex: what the provider sent is inside of its answers and chunks, and is what gets read."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ldclient import Context
from llama_index.core.llms import ChatMessage  # type: ignore[import-not-found, unused-ignore]
from llama_index.llms.openai import OpenAI  # type: ignore[import-not-found, unused-ignore]

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}}
# LlamaIndex does not ask for a stream's counts by itself.
WITH_USAGE = {"stream_options": {"include_usage": True}}


def event(text: str, reason: str | None = None, usage: Any = None) -> str:
    """What OpenAI sends of a stream."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    body = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return f"data: {json.dumps({**body, 'usage': usage})}\n\n"


@tracked("bikes")
def ask(model: Any, question: str) -> Iterator[Any]:
    """Stream an answer."""
    yield from model.stream_chat([ChatMessage(question)], **WITH_USAGE)


def main() -> None:
    """Ask once, and show what was recorded."""
    usage = {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}
    events = [event("By the "), event("hour.", "stop", usage)]
    with LocalLaunchDarkly(CONFIGS) as local, answering(*events, content_type="text/event-stream") as url:
        configure(client=local.client, context=Context.create("ada"))
        model = OpenAI(model="gpt-4o-mini", api_key="any", api_base=url)
        print("".join(chunk.delta or "" for chunk in ask(model, "How are bikes rented?")))
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
