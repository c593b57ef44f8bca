"""LangChain and LangGraph, with any backend's package."""

from __future__ import annotations

from typing import Any

from ldtrack.extractors._graph import graph_output
from ldtrack.extractors._langchain import MessageStream, llm_result, message
from ldtrack.extractors._official import WithOfficial
from ldtrack.extractors._provider import Provider


def itself(response: Any) -> Any:
    """The package is shown the message as it is."""
    return response


PROVIDER = Provider(
    packages=("langchain_core", "langgraph"),
    responses={
        "AIMessage": WithOfficial("ldai_langchain", message, shown=itself),
        "LLMResult": llm_result,
        "ChatResult": llm_result,
        "GraphOutput": graph_output,
    },
    chunks={"BaseMessage": MessageStream},
    streams={
        "ChatModelStream": ("dispatch", "fail"),
        "AsyncChatModelStream": ("dispatch", "fail"),
        "GraphRunStream": ("_graph_iter",),
        "AsyncGraphRunStream": ("_graph_aiter",),
    },
)
