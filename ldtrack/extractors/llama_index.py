"""LlamaIndex: answers of its language models, which hold what the provider sent, and runs of its agents."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, outcome_in, read
from ldtrack.extractors._chat import tokens_only
from ldtrack.extractors._fields import Fields, fields, items, text
from ldtrack.extractors._inner import read_inner
from ldtrack.extractors._provider import Provider
from ldtrack.extractors.containers import TupleStream

_ASKED = 'additional_kwargs={"stream_options": {"include_usage": True}}'


def answer(response: Any) -> Reading:
    """Read a model's answer: what the provider sent, else what LlamaIndex tells of it."""
    body = fields(response)
    return _read(read_inner(body.get("raw")), _tokens(body), _tool_names(body))


def agent_output(output: Any) -> Reading:
    """Read what an agent answered: the tokens are those of its last call of the model, the tools are of all."""
    body = fields(output)
    inner = read_inner(body.get("raw"))
    return read(outcome_in(inner) if inner else "success", inner.tokens if inner else None, _selected(body))


def engine_answer(response: Any) -> Reading:
    """Read what a query or chat engine returns: the tools whose output it is made of, and no tokens."""
    body = fields(response)
    names = [text(fields(source).get("tool_name")) for source in items(body.get("sources"))]
    return read("error" if body.get("exception") else "success", tool_calls=filter(None, names))


class AnswerStream:
    """Folds a model's streamed answer: the provider's chunks, else what LlamaIndex tells of them."""

    def __init__(self) -> None:
        self._inner = TupleStream()
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []

    @property
    def complete(self) -> bool:
        """Whether the provider's terminal marker was seen."""
        return self._inner.complete

    @property
    def usage_option(self) -> str | None:
        """How usage is asked for: LlamaIndex passes it on."""
        return None if self._inner.usage_option is None else _ASKED

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk; the provider's own tells of reasoning and tool calls, too."""
        body = fields(chunk)
        self._tokens = _tokens(body) or self._tokens
        self._names = _tool_names(body) or self._names
        return self._inner.feed((body.get("raw"),)) or bool(body.get("delta"))

    def text(self, chunk: Any, /) -> str:
        """The output in a chunk, for who estimates its tokens."""
        return text(fields(chunk).get("delta"))

    def result(self) -> Reading:
        """Everything up to here."""
        return _read(self._inner.result(), self._tokens, self._names)


class AgentStream:
    """Folds the events of an agent's run: each of its outputs is one call of the model."""

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []
        self._outcome: Outcome = "success"

    def feed(self, event: Any, /) -> bool:
        """Take an event; what the model writes, thinks or calls is output."""
        body = fields(event)
        if body.get("response") is None:
            return False
        if "delta" in vars(event):
            return bool(body.get("delta") or body.get("thinking_delta") or body.get("tool_calls"))
        reading = agent_output(event)
        self._tokens = add_tokens(self._tokens, reading.tokens)
        self._names += reading.tool_calls or ()
        self._outcome = reading.outcome
        return True

    def text(self, event: Any, /) -> str:
        """The output in an event; what an agent made of it repeats it."""
        body = fields(event)
        return text(body.get("delta")) + text(body.get("thinking_delta"))

    def result(self) -> Reading:
        """All calls together; the last one's outcome holds."""
        return read(self._outcome, self._tokens, self._names)


def _read(inner: Any, tokens: TokenUsage | None, names: list[str]) -> Reading:
    if inner is None:
        return read(tokens=tokens, tool_calls=names)
    return read(outcome_in(inner), inner.tokens or tokens, inner.tool_calls or names)


def _tokens(body: Fields) -> TokenUsage | None:
    """The counts that some integrations add to their answers, by OpenAI's names."""
    return tokens_only({"usage": body.get("additional_kwargs")}).tokens


def _tool_names(body: Fields) -> list[str]:
    blocks = items(fields(body.get("message")).get("blocks"))
    return [name for block in blocks if (name := text(fields(block).get("tool_name")))]


def _selected(body: Fields) -> list[str]:
    return [name for call in items(body.get("tool_calls")) if (name := text(fields(call).get("tool_name")))]


PROVIDER = Provider(
    packages=("llama_index", "workflows"),
    responses={
        "ChatResponse": answer,
        "CompletionResponse": answer,
        "AgentOutput": agent_output,
        "AgentChatResponse": engine_answer,
        "StreamingAgentChatResponse": engine_answer,
        "Response": engine_answer,
        "PydanticResponse": engine_answer,
        "StreamingResponse": engine_answer,
        "AsyncStreamingResponse": engine_answer,
    },
    chunks={
        "ChatResponse": AnswerStream,
        "CompletionResponse": AnswerStream,
        "AgentStream": AgentStream,
        "AgentOutput": AgentStream,
        "AgentInput": AgentStream,
        "AgentSetup": AgentStream,
        "ToolCall": AgentStream,
        "ToolCallResult": AgentStream,
        "StopEvent": AgentStream,
    },
    streams={
        "WorkflowHandler": ("stream_events",),
        "StreamingResponse": ("response_gen",),
        "AsyncStreamingResponse": ("response_gen",),
        "StreamingAgentChatResponse": ("response_gen", "async_response_gen"),
    },
    finals={"StreamingAgentChatResponse": engine_answer},
)
