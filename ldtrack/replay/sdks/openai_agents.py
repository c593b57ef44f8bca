"""OpenAI's Agents SDK, whose agents keep asking until their model calls no more tools."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import openai

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks.openai import options

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

agents: Any = importlib.import_module("agents")

_QUESTION = "Play what was recorded."


class _Client:
    def __init__(self, root: str, *, is_async: bool) -> None:
        self.models = openai.AsyncOpenAI(**options(root))
        self.run: Any = agents.Runner.run if is_async else agents.Runner.run_sync


@contextmanager
def _client(root: str) -> Generator[Any]:
    client, loop = _Client(root, is_async=False), asyncio.new_event_loop()
    asyncio.set_event_loop(loop)  # the one that `run_sync` takes, and leaves open
    yield client
    loop.run_until_complete(client.models.close())
    asyncio.set_event_loop(None)
    loop.close()


@asynccontextmanager
async def _async_client(root: str) -> AsyncGenerator[Any]:
    client = _Client(root, is_async=True)
    async with client.models:
        yield client


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Run an agent that has the case's tools."""
    agent, config = _agent(client.models, case), agents.RunConfig(tracing_disabled=True)
    run = agents.Runner.run_streamed if case.streaming else client.run
    return run(agent, _QUESTION, run_config=config, max_turns=max(10, len(case.steps)))


def _agent(client: Any, case: Case) -> Any:
    make: Any = (
        agents.OpenAIChatCompletionsModel if case.endpoint == "chat.completions" else agents.OpenAIResponsesModel
    )
    return agents.Agent(
        name="agent",
        model=make(model="recorded", openai_client=client),
        model_settings=agents.ModelSettings(include_usage=True),
        tools=[_tool(name) for name in case.tools],
    )


def _tool(name: str) -> Any:
    async def call(_context: Any, arguments: str) -> str:
        return json.dumps({"called": len(arguments)})

    schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
    return agents.FunctionTool(name, name, schema, call, strict_json_schema=False)


def _events(result: Any) -> Any:
    return result.stream_events()


SDK = Sdk(
    name="openai_agents",
    packages=("agents", "openai"),
    client=_client,
    async_client=_async_client,
    ask=ask,
    chunks=_events,
)
