"""Hugging Face: a stream tells its tokens only if it is asked to."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from huggingface_hub import InferenceClient
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "Qwen/Qwen3-8B"}, "provider": {"name": "Hugging Face"}}}
USAGE = {"prompt_tokens": 14, "completion_tokens": 9, "total_tokens": 23}


def event(*choices: dict[str, Any], usage: Any = None) -> str:
    """What the server sends of a stream."""
    return f"data: {json.dumps({'id': '1', 'choices': choices, 'usage': usage})}\n\n"


@tracked("bikes")
def ask(client: InferenceClient, question: str) -> Iterator[Any]:
    """Stream the answer; its last chunk has no text, but the counts."""
    yield from client.chat_completion(
        [{"role": "user", "content": question}], stream=True, stream_options={"include_usage": True}
    )


def main() -> None:
    """Ask, and show what was recorded."""
    answer = {"index": 0, "delta": {"role": "assistant", "content": "By the hour."}, "finish_reason": "stop"}
    events = [event(answer), event(usage=USAGE), "data: [DONE]\n\n"]
    with LocalLaunchDarkly(CONFIGS) as local, answering(*events, content_type="text/event-stream") as url:
        configure(client=local.client, context=Context.create("ada"))
        with InferenceClient(base_url=url, api_key="any") as client:
            for chunk in ask(client, "How are bikes rented?"):
                print([choice.delta.content for choice in chunk.choices], chunk.usage and "and the counts")
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
