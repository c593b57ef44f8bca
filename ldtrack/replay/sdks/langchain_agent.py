"""LangChain's agents, with the function tools that the recorded model called; the tools do nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ldtrack.replay.sdks import langchain_anthropic, langchain_openai
from ldtrack.replay.sdks._langchain import PROMPT, Client, langchain

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

# Imported by name, since type checkers run where they are not installed.
agents: Any = import_module("langchain.agents")
tools: Any = import_module("langchain_core.tools")

_ASKED = {"messages": [{"role": "user", "content": PROMPT}]}


def model(root: str, endpoint: str) -> Any:
    """Make the model that answers an endpoint's calls."""
    backend = langchain_anthropic if endpoint == "messages" else langchain_openai
    return backend.model(root, endpoint)


def ask(_driver: str, client: Client, case: Case) -> Any:
    """Run the agent."""
    agent = agents.create_agent(client.model(case.endpoint), [_tool(name) for name in dict.fromkeys(case.tools)])
    if case.streaming:
        return (agent.astream if client.asynchronous else agent.stream)(_ASKED, stream_mode="messages")
    return (agent.ainvoke if client.asynchronous else agent.invoke)(_ASKED)


def _tool(name: str) -> Any:
    schema: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": True}
    return tools.StructuredTool(name=name, description=name, args_schema=schema, func=_done)


def _done(**_arguments: Any) -> str:
    return "done"


SDK = langchain("langchain", model, ("langchain_openai", "openai", "langchain_anthropic", "anthropic"), ask=ask)
