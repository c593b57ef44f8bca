"""An agent of LangChain's on LangGraph, with a tool and a model that says what it is told to."""

from __future__ import annotations

from typing import Any

from needs import needs

agents = needs("langchain.agents", "langchain")
core = needs("langchain_core.messages", "langchain-core")
models = needs("langchain_core.language_models.fake_chat_models", "langchain-core")
outputs = needs("langchain_core.outputs", "langchain-core")
graph = needs("langgraph.graph", "langgraph")

FIRST = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
SECOND = {"input_tokens": 20, "output_tokens": 3, "total_tokens": 23}
CALL = {"name": "weather", "args": {"city": "Oslo"}, "id": "1"}
ASKED = {"messages": [{"role": "user", "content": "How is the weather in Oslo?"}]}


def weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


class Model(models.GenericFakeChatModel):
    """Calls the tool, then answers; in chunks where it is streamed."""

    def bind_tools(self, *_args: Any, **_kwargs: Any) -> Any:
        """Know the tools already."""
        return self

    def _stream(self, *_args: Any, **_kwargs: Any) -> Any:
        message = next(self.messages)
        calls = [
            {"name": call["name"], "args": '{"city": "Oslo"}', "id": "1", "index": 0} for call in message.tool_calls
        ]
        yield outputs.ChatGenerationChunk(message=core.AIMessageChunk(message.content, tool_call_chunks=calls))
        yield outputs.ChatGenerationChunk(message=core.AIMessageChunk("", usage_metadata=message.usage_metadata))


def model(turns: int = 1) -> Any:
    """Return a model for some turns of a conversation."""
    call = {"content": "", "tool_calls": [CALL], "usage_metadata": FIRST}
    answer = {"content": "It rains.", "usage_metadata": SECOND}
    said = [call, answer] * turns
    return Model(messages=(core.AIMessage(**each) for each in said))


def agent(**changes: Any) -> Any:
    """Return an agent of one turn."""
    return agents.create_agent(changes.pop("model", None) or model(), [weather], **changes)


def nested() -> Any:
    """Return a graph whose one node is the agent."""
    builder = graph.StateGraph(graph.MessagesState)
    builder.add_node("agent", agent())
    builder.add_edge(graph.START, "agent")
    return builder.compile()
