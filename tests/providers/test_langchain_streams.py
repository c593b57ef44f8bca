"""LangChain: streams of messages and of events (C6, E2, F)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage
from ldclient import Context

from ldtrack import _registry, configure, tracked
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs

core = needs("langchain_core.messages", "langchain-core")
outputs = needs("langchain_core.outputs", "langchain-core")
openai = needs("langchain_openai", "langchain-openai")

TOKENS = TokenUsage(total=15, input=10, output=5)


def usage(read_in: int, written: int) -> dict[str, int]:
    """Return a usage."""
    return {"input_tokens": read_in, "output_tokens": written, "total_tokens": read_in + written}


def chunk(content: Any = "", **more: Any) -> Any:
    """Return a part of a message."""
    return core.AIMessageChunk(content, **more)


def named(name: str | None, args: str) -> dict[str, Any]:
    """Return a part of a tool call."""
    return {"name": name, "args": args, "id": None, "index": 0}


def folded(*chunks: Any) -> Any:
    """Return the stream extractor after the chunks."""
    found = _registry.find_chunk(chunks[0])
    assert found is not None
    assert found.extractor is not None
    extractor = found.extractor()
    for each in chunks:
        extractor.feed(each)
    return extractor


def began(value: Any) -> bool:
    """Tell whether a chunk is output."""
    found = _registry.find_chunk(value)
    assert found is not None
    assert found.extractor is not None
    return bool(found.extractor().feed(value))


def test_c6_counts_are_added_up_and_names_come_once():
    """Gemini's package may correct a count downwards."""
    stream = folded(
        chunk("", tool_call_chunks=[named("weather", "")], usage_metadata=usage(12, 2)),
        chunk("", tool_call_chunks=[named(None, '{"a": 1}')]),
        chunk("", usage_metadata=usage(-2, 3), response_metadata={"finish_reason": "STOP"}),
        chunk("", chunk_position="last"),
    )

    assert reading(tokens=TOKENS, tool_calls=["weather"]) == stream.result()


@pytest.mark.parametrize(
    ("part", "is_output"),
    [
        (chunk("hi"), True),
        (chunk(""), False),
        (chunk([]), False),
        (chunk([{"type": "text", "text": ""}]), False),
        (chunk([{"type": "text", "text": "hi"}]), True),
        (chunk(["hi"]), True),
        (chunk([{"type": "thinking", "thinking": "hm"}]), True),
        (chunk([{"type": "thinking", "signature": "x"}]), False),
        (chunk([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "hm"}]}]), True),
        (chunk([{"type": "reasoning_content", "reasoning_content": {"type": "text", "text": "hm"}}]), True),
        (chunk([{"type": "reasoning_content", "reasoning_content": {"signature": "x"}}]), False),
        (chunk([{"type": "image", "base64": "aGk="}]), True),
        (chunk("", tool_call_chunks=[named("weather", "")]), True),
        (chunk("", tool_call_chunks=[named(None, "")]), False),
        (chunk("", additional_kwargs={"reasoning_content": "hm"}), True),
        (core.AIMessage("hi"), True),
        (core.AIMessage("", tool_calls=[{"name": "weather", "args": {}, "id": "1"}]), True),
        (core.HumanMessage("hi"), False),
        (core.ToolMessage("rain", tool_call_id="1"), False),
    ],
)
def test_f6_output_is_what_the_model_generated(part, is_output):
    """Neither signatures nor what people and tools say."""
    assert is_output is began(part)


def test_e_a_streams_last_message_tells_the_outcome():
    """A filtered one before it does not count; its tokens do."""
    filtered = chunk("", usage_metadata=usage(4, 2), response_metadata={"finish_reason": "content_filter"})
    stopped = chunk("", usage_metadata=usage(6, 3), response_metadata={"finish_reason": "stop"})

    assert "error" == folded(chunk("a"), filtered).result().outcome
    assert reading(tokens=TOKENS) == folded(chunk("a"), filtered, chunk("b"), stopped).result()


def test_e_reason_and_trace_of_a_guardrail_come_in_different_chunks():
    """Bedrock sends the trace with the usage; masked is not blocked."""
    trace = {"guardrail": {"outputAssessments": {"a": [{"pii": [{"action": "ANONYMIZED"}]}]}}}
    reason = chunk("", response_metadata={"stopReason": "guardrail_intervened"})

    assert "error" == folded(chunk("a"), reason).result().outcome
    assert "success" == folded(chunk("a"), reason, chunk("", response_metadata={"trace": trace})).result().outcome


def test_e_a_refusal_in_a_stream_can_be_configured_to_be_an_error():
    """It is a success by default."""
    refusal = chunk([{"type": "refusal", "refusal": "no"}])
    before = folded(refusal).result().outcome
    configure(model_refusal="error")

    assert ("success", "error") == (before, folded(refusal).result().outcome)


def test_f5_a_stream_of_a_known_backend_is_complete_with_its_reason_only():
    """LangChain's own last chunk comes whatever happened; of other backends nothing is known."""
    unfinished = chunk("a", response_metadata={"model_provider": "openai"})
    last = chunk("", chunk_position="last")

    assert not folded(unfinished, last).complete
    assert folded(unfinished, chunk("", response_metadata={"finish_reason": "stop"}), last).complete
    assert folded(chunk("a"), last).complete


def test_f6_texts_begin_a_stream_and_tell_no_tokens(local):
    """What `StrOutputParser` yields is a `str`, or a class of LangChain's under it."""
    text = chunk("hi").text
    stream = tracked("assistant", client=local.client, context=Context.create("ada"))(lambda: (each for each in [text]))

    assert ["hi"] == list(stream())
    (run,) = local.runs()
    assert ("success", None, True) == (run.outcome, run.total_tokens, run.time_to_first_token_ms is not None)


def test_c6_whole_messages_in_a_stream_count_too():
    """Models that cannot stream give one; its calls have no parts."""
    call = {"name": "weather", "args": {}, "id": "1"}
    whole = core.AIMessage("", tool_calls=[call], usage_metadata=usage(10, 5))

    assert reading(tokens=TOKENS, tool_calls=["weather"]) == folded(whole).result()


@pytest.mark.parametrize(("provider", "option"), [("openai", "stream_usage=True"), ("anthropic", None)])
def test_c6_openais_package_has_to_be_asked_for_usage(provider, option):
    """Of other servers than OpenAI's it does not ask by itself."""
    assert option == folded(chunk("a", response_metadata={"model_provider": provider})).usage_option


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (chunk("a"), "a"),
        (chunk([{"type": "text", "text": "a"}, "b", {"type": "image", "base64": "aGk="}]), "ab"),
        (chunk([{"type": "reasoning", "summary": [{"type": "summary_text", "text": "a"}]}]), "a"),
        (chunk("", additional_kwargs={"reasoning_content": "a"}, tool_call_chunks=[named("weather", "{")]), "a{"),
    ],
)
def test_c6_the_text_of_a_chunk_can_be_counted(part, text):
    """Text, reasoning and the arguments of calls; events have the chunk inside."""
    assert text == folded(part).text(part)
    inside = event("on_chat_model_stream", chunk=part)
    assert text == folded(inside).text(inside)


def event(kind: str, **data: Any) -> dict[str, Any]:
    """Return one of `astream_events`."""
    return {"event": kind, "name": "m", "run_id": "1", "data": data, "tags": [], "metadata": {}, "parent_ids": []}


def test_c6_events_are_read_where_a_model_ends():
    """The chains around it repeat its message, and a tool that starts was named by the model."""
    message = core.AIMessage("", tool_calls=[{"name": "weather", "args": {}, "id": "1"}], usage_metadata=usage(10, 5))
    stream = folded(
        event("on_chain_start", input="hi"),
        event("on_chat_model_start", input="hi"),
        event("on_chat_model_stream", chunk=chunk("", usage_metadata=usage(10, 5))),
        event("on_chat_model_end", output=message),
        event("on_tool_start", input={}),
        event("on_chain_stream", chunk=message),
        event("on_chain_end", output={"messages": [message]}),
    )

    assert reading(tokens=TOKENS, tool_calls=["weather"]) == stream.result()


def test_c6_a_text_models_events_have_a_result():
    """As a dict, with the usage beside the texts."""
    counts = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    result = outputs.LLMResult(generations=[[outputs.Generation(text="a")]], llm_output={"token_usage": counts})

    assert reading(tokens=TOKENS) == folded(event("on_llm_end", output=result.model_dump())).result()


def test_f6_the_models_chunks_are_the_events_output():
    """A text model's chunks have a text instead of content."""
    assert began(event("on_chat_model_stream", chunk=chunk("a")))
    assert began(event("on_llm_stream", chunk=outputs.GenerationChunk(text="a")))
    assert not began(event("on_chat_model_stream", chunk=chunk("")))
    assert not began(event("on_chain_stream", chunk=chunk("a")))


def line(**changes: Any) -> str:
    """Return an event of the server's."""
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "created": 1, "choices": [], **changes}
    return f"data: {json.dumps(body)}\n\n"


COUNTS = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
SENT = (
    line(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]),
    line(choices=[{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]),
    line(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}]),
    line(usage=COUNTS),
    "data: [DONE]\n\n",
)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """LangChain's async clients run on asyncio only."""
    return "asyncio"


@pytest.mark.anyio
@pytest.mark.parametrize(("sent", "outcome"), [(SENT, "success"), (SENT[:2], "error")])
async def test_f_streams_are_recorded_sync_and_async(local, sent, outcome):
    """The real package against a server; a stream that breaks off is an error."""
    track = tracked("assistant", client=local.client, context=Context.create("ada"))
    stream = track(lambda model: model.stream("hi"))
    astream = track(lambda model: model.astream("hi"))

    with answering(*sent, content_type="text/event-stream") as url:
        model = openai.ChatOpenAI(model="m", api_key="any", base_url=url, max_retries=0, stream_usage=True)
        list(stream(model))
        async for _ in astream(model):
            pass

    tokens = 15 if outcome == "success" else None
    assert [(outcome, tokens, True)] * 2 == [
        (run.outcome, run.total_tokens, run.time_to_first_token_ms is not None) for run in local.runs()
    ]
