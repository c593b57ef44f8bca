"""LlamaIndex's answers, streams and agents, made by its own classes and by its models of OpenAI (C1, C6, F5)."""

from __future__ import annotations

from typing import Any

import pytest

from by_registry import fold, read, said
from chat_wire import CALL, TOKENS, TWICE, USAGE, chunk, completion
from ldtrack._metrics import read as reading
from needs import needs

llms = needs("llama_index.core.llms", "llama-index-core")
types = needs("llama_index.core.base.llms.types", "llama-index-core")
agents = needs("llama_index.core.agent.workflow", "llama-index-core")
engines = needs("llama_index.core.chat_engine.types", "llama-index-core")
schema = needs("llama_index.core.base.response.schema", "llama-index-core")
tools = needs("llama_index.core.tools", "llama-index-core")

CHUNK = {"object": "chat.completion.chunk"}
MESSAGE = llms.ChatMessage("hi", role="assistant")
CALLING = llms.ChatMessage(role="assistant", blocks=[types.ToolCallBlock(tool_name="get_weather", tool_kwargs="{}")])
SELECTED = tools.ToolSelection(tool_id="1", tool_name="get_weather", tool_kwargs={})


def says(delta: str, raw: Any = None, message: Any = MESSAGE, **more: Any) -> Any:
    """Return one chunk of a model's answer."""
    return llms.ChatResponse(message=message, delta=delta, raw=raw, additional_kwargs=more)


def output(raw: Any, *calls: Any) -> Any:
    """Return what an agent makes of one call of the model."""
    return agents.AgentOutput(response=MESSAGE, current_agent_name="a", raw=raw, tool_calls=list(calls))


def delta(**parts: Any) -> Any:
    """Return one event of an agent whose model writes."""
    return agents.AgentStream(**{"delta": "", "response": "", "current_agent_name": "a", **parts})


ANSWERS = [
    pytest.param(
        completion("tool_calls", tool_calls=[CALL]), {}, reading("success", TOKENS, ["get_weather"]), id="raw"
    ),
    pytest.param(completion("content_filter"), {}, reading("error", TOKENS), id="filtered"),
    pytest.param(None, USAGE, reading(tokens=TOKENS), id="counts of the integration's own"),
    pytest.param(completion(usage=None), USAGE, reading(tokens=TOKENS), id="counts beside a raw answer"),
    pytest.param(object(), {}, reading(), id="nobody knows the raw answer"),
]


@pytest.mark.parametrize(("raw", "counts", "expected"), ANSWERS)
def test_c6_answers_of_models(raw, counts, expected):
    """What the provider sent is read, whoever it was."""
    assert expected == read(llms.ChatResponse(message=MESSAGE, raw=raw, additional_kwargs=counts))
    assert expected == read(llms.CompletionResponse(text="hi", raw=raw, additional_kwargs=counts))


def test_c6_tools_in_blocks():
    """Where the raw answer tells none, the message's blocks do."""
    assert reading(tool_calls=["get_weather"]) == read(llms.ChatResponse(message=CALLING))


def test_c8_streams_of_a_known_provider():
    """Its chunks are folded; what it calls and thinks is output, too."""
    parts = [chunk(content=""), chunk(reasoning_content="hm"), chunk(tool_calls=[CALL]), chunk("stop", usage=USAGE)]
    stream, fed = fold(*(says("", {**CHUNK, **part}) for part in parts))

    assert [False, True, True, False] == fed
    assert stream.complete
    assert reading("success", TOKENS, ["get_weather"]) == stream.result()


def test_c8_streams_that_break_off():
    """The provider's chunks tell that its marker is missing."""
    assert not fold(says("hi", {**CHUNK, **chunk(content="hi")}))[0].complete


def test_c8_streams_of_an_unknown_provider():
    """The new text is output; counts and calls are the latest that the integration tells."""
    stream, fed = fold(says("hi"), says("", message=CALLING), says("", **USAGE), says(""))

    assert [True, False, False, False] == fed
    assert stream.complete
    assert reading("success", TOKENS, ["get_weather"]) == stream.result()


def test_c6_agents():
    """They tell the tokens of their last call only; all tools."""
    assert reading("success", TOKENS, ["get_weather"]) == read(output(completion(), SELECTED))
    assert reading() == read(output(None))


def test_c8_events_of_agents():
    """Each output is a call of the model, and they add up; what tools answer is no output."""
    answered = tools.ToolOutput("get_weather", "fine", raw_input={}, raw_output="fine")
    named = {"tool_name": "get_weather", "tool_kwargs": {}, "tool_id": "1"}
    stream, fed = fold(
        agents.AgentInput(input=[], current_agent_name="a"),
        delta(),
        delta(thinking_delta="hm"),
        delta(tool_calls=[SELECTED]),
        output(completion(), SELECTED),
        agents.ToolCall(**named),
        agents.ToolCallResult(**named, tool_output=answered, return_direct=False),
        delta(delta="hi"),
        output(completion("content_filter")),
    )

    assert [False, False, True, True, True, False, False, True, True] == fed
    assert reading("error", TWICE, ["get_weather"]) == stream.result()


def test_c6_engines():
    """What they return has no tokens; its sources are the tools' output."""
    source = tools.ToolOutput("get_weather", "fine", raw_input={}, raw_output="fine")

    assert reading(tool_calls=["get_weather"]) == read(engines.AgentChatResponse("hi", sources=[source]))
    assert reading() == read(schema.Response("hi"))
    assert reading() == read(schema.StreamingResponse(iter("hi")))
    assert reading("error") == read(engines.StreamingAgentChatResponse(exception=ValueError("no")))


def test_c6_tokens_that_were_not_asked_for():
    """LlamaIndex does not ask OpenAI for the usage of streams; the text is there to be estimated."""
    known = says("hi", {**CHUNK, **chunk(content="hi")})
    stream, _ = fold(known)

    assert "stream_options" in stream.usage_option
    assert fold(says("hi"))[0].usage_option is None
    assert "hi" == said(known)
    assert "hmhi" == said(delta(thinking_delta="hm"), delta(delta="hi"), output(completion()))
