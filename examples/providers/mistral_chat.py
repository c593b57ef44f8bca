"""Mistral: chunks come wrapped in events, and thoughts as parts of the content."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from typing import Any

from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

try:
    from mistralai.client import Mistral
except ImportError:  # before mistralai 2
    from mistralai import Mistral

CONFIGS = {"bikes": {"model": {"name": "magistral-small-latest"}, "provider": {"name": "Mistral"}}}
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "Renting."}]}
USAGE = {"prompt_tokens": 14, "completion_tokens": 9, "total_tokens": 23}


def event(content: Any, reason: str | None = None, usage: Any = None) -> str:
    """What Mistral sends of a stream."""
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": reason}
    chunk = {"id": "1", "model": "magistral-small-latest", "choices": [choice], "usage": usage}
    return f"data: {json.dumps(chunk)}\n\n"


@tracked("bikes")
def ask(client: Mistral, question: str) -> Any:
    """Give Mistral's own stream: the run ends with it."""
    return client.chat.stream(model="magistral-small-latest", messages=[{"role": "user", "content": question}])


def main() -> None:
    """Ask, and show what was recorded."""
    events = [event([THOUGHT]), event("By the hour."), event("", "stop", USAGE), "data: [DONE]\n\n"]
    with LocalLaunchDarkly(CONFIGS) as local, answering(*events, content_type="text/event-stream") as url:
        configure(client=local.client, context=Context.create("ada"))
        with Mistral(api_key="any", server_url=url) as client, ask(client, "How are bikes rented?") as stream:
            print([event.data.choices[0].delta.content for event in stream])
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
