"""Ollama: a model on this machine; the last line of a stream has the counts."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import asyncio
import json
from typing import Any

import ollama
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gemma3"}, "provider": {"name": "Ollama"}}}
KNOWN = {"model": "gemma3", "created_at": "2026-01-01T00:00:00Z"}
LINES: list[dict[str, Any]] = [
    {**KNOWN, "message": {"role": "assistant", "content": "", "thinking": "Renting."}, "done": False},
    {**KNOWN, "message": {"role": "assistant", "content": "By the hour."}, "done": False},
    {**KNOWN, "message": {"role": "assistant", "content": ""}, "done": True, "prompt_eval_count": 14, "eval_count": 9},
]


@tracked("bikes")
async def ask(client: ollama.AsyncClient, question: str) -> Any:
    """Give Ollama's own stream: the run ends with it."""
    return await client.chat("gemma3", [{"role": "user", "content": question}], stream=True)


async def main() -> None:
    """Ask, and show what was recorded."""
    lines = [f"{json.dumps(line)}\n" for line in LINES]
    with LocalLaunchDarkly(CONFIGS) as local, answering(*lines, content_type="application/x-ndjson") as url:
        configure(client=local.client, context=Context.create("ada"))
        client = ollama.AsyncClient(url)
        async for chunk in await ask(client, "How are bikes rented?"):
            print(chunk.message.content, end="", flush=True)
        await client.close()
        for run in local.runs():
            first = f"first token after {run.time_to_first_token_ms} ms"
            print(f"\n{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out, {first}")


if __name__ == "__main__":
    asyncio.run(main())
