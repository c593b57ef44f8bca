"""Any provider through litellm: streamed, it has to be asked for the usage."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from typing import Any

import litellm
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"rentals": {"model": {"name": "gpt-5-mini"}, "provider": {"name": "OpenAI"}}}


def event(delta: dict[str, str] | None = None, reason: str | None = None, **fields: Any) -> str:
    """What the provider sends of a stream."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": reason}]
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **fields}
    return f"data: {json.dumps(chunk)}\n\n"


EVENTS = [
    event({"role": "assistant", "content": "By the "}),
    event({"content": "hour."}),
    event({}, "stop"),
    event(usage={"prompt_tokens": 14, "completion_tokens": 5, "total_tokens": 19}),
    "data: [DONE]\n\n",
]


@tracked("rentals")
def ask(question: str, url: str) -> Any:
    """Stream an answer; the object that comes back is litellm's own."""
    return litellm.completion(
        model="openai/gpt-5-mini",
        messages=[{"role": "user", "content": question}],
        api_base=url,
        api_key="any",
        stream=True,
        stream_options={"include_usage": True},
    )


def main() -> None:
    """Ask once, and show what was recorded."""
    with LocalLaunchDarkly(CONFIGS) as local, answering(*EVENTS, content_type="text/event-stream") as url:
        configure(client=local.client, context=Context.create("ada"))
        stream = ask("How are bikes rented?", url)
        print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
