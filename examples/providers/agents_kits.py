"""A run of OpenAI's Agents SDK is one run here: the counts of all its calls of the model, and the tools they called."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from typing import Any

import anyio
from agents import Agent, OpenAIChatCompletionsModel, RunConfig, Runner
from ldclient import Context
from openai import AsyncOpenAI

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"rentals": {"model": {"name": "gpt-5-mini"}, "provider": {"name": "OpenAI"}}}
REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-5-mini",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "By the hour or the day."}}
    ],
    "usage": {"prompt_tokens": 14, "completion_tokens": 7, "total_tokens": 21},
}


@tracked("rentals")
async def ask(agent: Agent, question: str) -> Any:
    """Run an agent."""
    return await Runner.run(agent, question, run_config=RunConfig(tracing_disabled=True))


async def main() -> None:
    """Ask once, and show what was recorded."""
    with LocalLaunchDarkly(CONFIGS) as local, answering(json.dumps(REPLY)) as url:
        configure(client=local.client, context=Context.create("ada"))
        async with AsyncOpenAI(base_url=url, api_key="any") as client:
            model = OpenAIChatCompletionsModel(model="gpt-5-mini", openai_client=client)
            result = await ask(Agent(name="Clerk", model=model), "How are bikes rented?")
        print(result.final_output)
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    anyio.run(main)
