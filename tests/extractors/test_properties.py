"""Whatever a provider sends, reading it never raises and never gives impossible numbers (C6, C7)."""

from __future__ import annotations

from typing import Any

from anthropic.types import Message, RawMessageDeltaEvent, RawMessageStartEvent
from hypothesis import example, given
from hypothesis import strategies as st
from ldai.tracker import TokenUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseCompletedEvent

from ldtrack import _registry
from ldtrack._checked import checked
from ldtrack.extractors.plain import DictStream

WORDS = [
    *("object", "chat.completion", "chat.completion.chunk", "text_completion", "list", "response", "type", "message"),
    *(
        "choices",
        "finish_reason",
        "content_filter",
        "stop",
        "delta",
        "content",
        "tool_calls",
        "function",
        "function_call",
    ),
    *(
        "name",
        "custom",
        "id",
        "index",
        "text",
        "refusal",
        "audio",
        "error",
        "status",
        "failed",
        "queued",
        "output",
        "item",
    ),
    *("usage", "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens", "output_tokens", "response"),
    *(
        "cache_read_input_tokens",
        "stop_reason",
        "content_block",
        "raw",
        "parsed",
        "parsing_error",
        "incomplete_details",
    ),
    *("message_start", "message_delta", "content_block_start", "content_block_delta", "response.completed", "tool_use"),
    *(
        "candidates",
        "parts",
        "finishReason",
        "finish_reason",
        "SAFETY",
        "usageMetadata",
        "promptTokenCount",
        "responseId",
    ),
    *(
        "promptFeedback",
        "blockReason",
        "functionCall",
        "event_type",
        "interaction.completed",
        "interaction",
        "step.delta",
    ),
    *("step.start", "step", "steps", "function_call", "total_input_tokens", "total_usage", "metadata", "statistics"),
    *("stopReason", "toolUse", "inputTokens", "trace", "guardrail", "action", "metadata", "messageStop", "start"),
    *("contentBlockDelta", "contentBlockStart", "chunk", "bytes", "outputs", "results", "generation", "stop_reason"),
    *("inputTextTokenCount", "generation_token_count", "tokenCount", "body", "ResponseMetadata", "HTTPHeaders"),
    *("amazon-bedrock-guardrailAction", "amazon-bedrock-invocationMetrics", "amazon-bedrock-trace", "INTERVENED"),
    *(
        "tokens",
        "billed_units",
        "meta",
        "message-end",
        "tool-call-start",
        "stream-end",
        "tool-calls-generation",
        "ERROR",
    ),
    *("prompt_eval_count", "eval_count", "done", "done_reason", "created_at", "model", "x_groq", "thinking", "load"),
    *("response.created", "response.output_item.done", "response.output_text.delta", "reason", "arguments", "data"),
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=3)
KEYS = st.sampled_from(WORDS)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=8
)
FREE = st.dictionaries(KEYS, JSON, max_size=5)
CHOICES = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries({}, optional=dict.fromkeys(["index", "finish_reason", "delta"], JSON | FREE)),
            max_size=2,
        )
    }
)
ITEMS = st.fixed_dictionaries(
    {
        "type": JSON
        | st.sampled_from(["response.output_item.added", "response.output_item.done", "content_block_start"]),
        "item": st.fixed_dictionaries({"type": JSON}, optional={"name": JSON}),
        "content_block": st.fixed_dictionaries({"type": JSON}, optional={"name": JSON}),
    }
)
CALLS = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries({"delta": st.fixed_dictionaries({"tool_calls": st.lists(FREE, max_size=2)})}),
            max_size=2,
        )
    }
)
BODIES = FREE | CHOICES | CALLS | ITEMS
ODD = {"choices": [{"finish_reason": {}}]}
"""A finish reason that cannot be looked up: only a text can be known."""


def assert_possible(metrics: Any) -> None:
    """The metrics hold nothing that a check would have to drop."""
    assert metrics is checked(metrics, assert_possible)
    if metrics is not None and metrics.tokens is not None:
        assert type(metrics.tokens) is TokenUsage
        assert metrics.tokens.total > 0


@given(BODIES)
@example(ODD)
def test_c6_any_body(body):
    """Any JSON object is read, or left alone."""
    found = _registry.find(body)

    assert_possible(found and found.extractor(body))


@given(st.sampled_from([ChatCompletion, Response, Message]), BODIES)
@example(ChatCompletion, ODD)
def test_c6_any_sdk_object(kind, body):
    """Any body that the SDK takes, which is any at all, is read."""
    response = kind.construct(**body)

    assert_possible(_registry.find(response).extractor(response))


@given(st.lists(BODIES, max_size=4))
@example([ODD])
def test_c8_any_stream_of_dicts(chunks):
    """Any stream of JSON objects is folded."""
    stream = DictStream()
    for chunk in chunks:
        assert stream.feed(chunk) in {True, False}

    assert stream.complete in {True, False}
    assert_possible(stream.result())


@given(
    st.sampled_from([ChatCompletionChunk, ResponseCompletedEvent, RawMessageStartEvent, RawMessageDeltaEvent]),
    st.lists(BODIES, min_size=1, max_size=4),
)
@example(ChatCompletionChunk, [ODD])
def test_c8_any_stream_of_sdk_objects(kind, bodies):
    """Any stream of SDK objects is folded."""
    chunks = [kind.construct(**body) for body in bodies]
    stream = _registry.find_chunk(chunks[0]).extractor()
    for chunk in chunks:
        assert stream.feed(chunk) in {True, False}

    assert_possible(stream.result())
