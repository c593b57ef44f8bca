"""Cohere: what the model read counts, not what was billed; a plan for tools is a first token, too."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import cohere
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "command-a-03-2025"}, "provider": {"name": "Cohere"}}}
CALL = {"id": "1", "type": "function", "function": {"name": "find_bike", "arguments": "{}"}}
USAGE = {"billed_units": {"input_tokens": 9, "output_tokens": 8}, "tokens": {"input_tokens": 940, "output_tokens": 38}}
EVENTS: list[dict[str, Any]] = [
    {"type": "message-start", "id": "1"},
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will look for a bike."}}},
    {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": CALL}}},
    {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": USAGE}},
]


@tracked("bikes")
def ask(client: cohere.ClientV2, question: str) -> Iterator[Any]:
    """Stream the answer; Cohere is asked when the first event is."""
    yield from client.chat_stream(model="command-a-03-2025", messages=[{"role": "user", "content": question}])


def main() -> None:
    """Ask, and show what was recorded."""
    sent = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in EVENTS]
    with LocalLaunchDarkly(CONFIGS) as local, answering(*sent, content_type="text/event-stream") as url:
        configure(client=local.client, context=Context.create("ada"))
        with cohere.ClientV2("any", base_url=url) as client:
            print([event.type for event in ask(client, "A bike for the beach, please.")])
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out, tools: {run.tool_calls}")


if __name__ == "__main__":
    main()
