"""Gemini through google-genai: thoughts are output too, and a safety stop is an error without an exception."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.genai import Client
from ldclient import Context

from ldtrack import configure, current_run, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gemini-2.5-flash"}, "provider": {"name": "Gemini"}}}


def event(text: str, answer: int, reason: str | None = None) -> str:
    """What Gemini sends of a stream: its counts go up from chunk to chunk."""
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "finishReason": reason}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": answer, "thoughtsTokenCount": 30}
    return f"data: {json.dumps({'candidates': [candidate], 'usageMetadata': usage, 'responseId': '1'})}\r\n\r\n"


@tracked("bikes")
def ask(client: Client, question: str) -> Iterator[Any]:
    """Stream an answer of the model that the config names."""
    model = current_run().config.model
    yield from client.models.generate_content_stream(model=model.name if model else "", contents=question)


def main() -> None:
    """Ask twice, and show what was recorded."""
    streams = [
        [event("By the ", 3), event("hour.", 5, "STOP")],
        [event("Take off ", 3), event("", 3, "SAFETY")],
    ]
    with LocalLaunchDarkly(CONFIGS) as local:
        configure(client=local.client, context=Context.create("ada"))
        for events in streams:
            with (
                answering(*events, content_type="text/event-stream") as url,
                Client(api_key="any", vertexai=False, http_options={"base_url": url}) as client,
            ):
                print("".join(chunk.text or "" for chunk in ask(client, "How are bikes rented?")))
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
