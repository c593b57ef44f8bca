"""A LangChain agent: its calls add up, and what a checkpointer keeps of earlier turns is not counted again."""

# pyright: basic, reportMissingImports=false

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from ldclient import Context

from ldtrack import configure, tracked
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "gpt-5-mini"}, "provider": {"name": "OpenAI"}}}
THREAD: Any = {"configurable": {"thread_id": "1"}}


def event(**changes: Any) -> str:
    """What OpenAI sends of a stream."""
    body = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-5-mini", "choices": [], **changes}
    return f"data: {json.dumps(body)}\n\n"


EVENTS = [
    event(choices=[{"index": 0, "delta": {"role": "assistant", "content": "By the hour."}}]),
    event(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
    event(usage={"prompt_tokens": 21, "completion_tokens": 6, "total_tokens": 27}),
    "data: [DONE]\n\n",
]


@tracked("bikes")
def ask(agent: Any, question: str) -> Iterator[Any]:
    """Stream an answer; two modes tell of the same tokens."""
    asked = {"messages": [{"role": "user", "content": question}]}
    yield from agent.stream(asked, THREAD, stream_mode=["messages", "values"])


def main() -> None:
    """Ask twice, and show what was recorded."""
    with (
        LocalLaunchDarkly(CONFIGS) as local,
        answering(*EVENTS, content_type="text/event-stream") as url,
    ):
        configure(client=local.client, context=Context.create("ada"))
        model: Any = ChatOpenAI(model="gpt-5-mini", api_key="any", base_url=url, stream_usage=True)
        agent = create_agent(model, checkpointer=InMemorySaver())
        for question in ("How are bikes rented?", "And boats?"):
            for mode, payload in ask(agent, question):
                if mode == "messages":
                    print(payload[0].content, end="")
            print()
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
