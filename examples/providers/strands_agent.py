"""Strands: an agent's own counter goes on over its whole life; what is recorded is that of each call."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from typing import Any

from ldclient import Context
from strands import Agent  # type: ignore[import-not-found, unused-ignore]
from strands.agent import AgentResult  # type: ignore[import-not-found, unused-ignore]
from strands.models.openai import OpenAIModel  # type: ignore[import-not-found, unused-ignore]

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gpt-5-mini"}, "provider": {"name": "OpenAI"}}}


def event(**changes: Any) -> str:
    """What OpenAI sends of a stream: agents always ask for one."""
    body = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5-mini", "choices": [], **changes}
    return f"data: {json.dumps(body)}\n\n"


EVENTS = [
    event(choices=[{"index": 0, "delta": {"role": "assistant", "content": "By the hour."}}]),
    event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
    event(usage={"prompt_tokens": 21, "completion_tokens": 6, "total_tokens": 27}),
    "data: [DONE]\n\n",
]


@tracked("bikes")
def ask(agent: Agent, question: str) -> AgentResult:
    """Let an agent answer."""
    return agent(question)


def main() -> None:
    """Ask twice, and show what was recorded."""
    with (
        LocalLaunchDarkly(CONFIGS) as local,
        answering(*EVENTS, content_type="text/event-stream") as url,
    ):
        configure(client=local.client, context=Context.create("ada"))
        model = OpenAIModel(model_id="gpt-5-mini", client_args={"api_key": "any", "base_url": url})
        agent = Agent(model=model, callback_handler=None)
        for question in ("How are bikes rented?", "And boats?"):
            result = ask(agent, question)
            counted = result.metrics.accumulated_usage["inputTokens"]
            print(f"{str(result).strip()} The agent counts {counted} tokens in.")
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
