"""Bedrock's InvokeModel: what it says beside a model's own format, and the formats that only it serves.

Its replies are dicts with a body that can be read once, by the caller: it is never touched, the headers have the
counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, count, outcome_in, read, token_usage
from ldtrack.extractors._converse import masked_only
from ldtrack.extractors._fields import Fields, as_dict, fields, items, text

Body: TypeAlias = Mapping[str, Any]

_PREFIX = "amazon-bedrock-"
_METRICS = _PREFIX + "invocationMetrics"
_ACTION = _PREFIX + "guardrailAction"
_TRACE = _PREFIX + "trace"
# Cached tokens are not part of the first one.
_INPUT_HEADERS = ("input-token-count", "cache-read-input-token-count", "cache-write-input-token-count")
_INPUT_METRICS = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")

# Of Llama, Titan, Claude 2 and Cohere; Mistral has them one level below, Titan's whole replies too.
_TEXTS = ("generation", "outputText", "completion", "text")
_REASONS = ("stop_reason", "completionReason", "finish_reason")
_PARTS = ("outputs", "choices", "results", "generations")
_FAILED = frozenset({"CONTENT_FILTERED", "ERROR", "ERROR_LIMIT", "ERROR_TOXIC", "TIMEOUT"})


def is_invocation(value: Body) -> bool:
    """Tell what `invoke_model` returns, its body read or not."""
    if "body" not in value or fields(value.get("ResponseMetadata")).get("HTTPHeaders") is None:
        return False
    body: Any = value["body"]
    return isinstance(body, _READ) or hasattr(type(body), "read")  # pyright: ignore[reportUnknownArgumentType]


def invocation(value: Body) -> Reading:
    """Read the counts from the headers; from the body too if the caller has put it back parsed, or as text."""
    headers = fields(fields(value.get("ResponseMetadata")).get("HTTPHeaders"))
    tokens = _sum_tokens(headers, _INPUT_HEADERS, "output-token-count", prefix="x-amzn-bedrock-")
    inner = _own(_parsed(value["body"])) if isinstance(value["body"], _READ) else read()
    return read(outcome_in(inner), _filled(inner.tokens, tokens), inner.tool_calls or ())


def is_guarded(value: Body) -> bool:
    """Tell a parsed body of any model that a guardrail has looked at."""
    return _ACTION in value


def guarded(value: Body) -> LDAIMetrics | None:
    """Read a body by its model's own format, and what the guardrail did; to the model, all is well."""
    addition = InvocationAddition()
    addition.take(value)
    return addition.completed(_own({name: part for name, part in value.items() if not name.startswith(_PREFIX)}))


def is_text_body(value: Body) -> bool:
    """Tell a reply in a format that only Bedrock has, or Titan's embeddings; many have no counts, but tell an end."""
    if "generation_token_count" in value or "inputTextTokenCount" in value:
        return True
    inner = _parts(value)[1:]
    return ("completion" in value and "stop_reason" in value) or any(map(_is_ended, inner))


def text_body(value: Body) -> Reading:
    """Read such a reply."""
    fold = TextStream()
    fold.feed(value)
    return fold.result()


class TextStream:
    """Folds the events of models whose formats only Bedrock has: Llama, Titan, Mistral, Cohere, Claude 2."""

    def __init__(self) -> None:
        self.complete = False
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._counts: TokenUsage | None = None

    def feed(self, event: Body, /) -> bool:
        """Take an event; any text is output."""
        parts = _parts(event)
        reasons = [reason for part in parts for reason in map(part.get, _REASONS) if reason]
        if self.complete and any(name in part for part in parts for name in _TEXTS):
            self._next()
        self._count(event, parts)
        if reasons or event.get("is_finished") or _METRICS in event:
            self.complete = True
        if reasons:
            self._outcome = "error" if all(text(reason) in _FAILED for reason in reasons) else "success"
        return any(map(_text, parts))

    def result(self) -> Reading:
        """Everything up to here; the last reply's outcome holds."""
        return read(self._outcome, add_tokens(self._tokens, self._counts), ())

    def _next(self) -> None:
        self._tokens = add_tokens(self._tokens, self._counts)
        self.complete, self._outcome, self._counts = False, "success", None

    def _count(self, event: Body, parts: list[Body]) -> None:
        """Keep the latest counts: they are running totals, Llama's prompt is counted in the first event only."""
        before = self._counts or TokenUsage(0, 0, 0)
        prompt = event.get("prompt_token_count") or event.get("inputTextTokenCount")
        written = event.get("generation_token_count") or event.get("totalOutputTextTokenCount")
        written = written or sum(count(part.get("tokenCount")) for part in parts)
        self._counts = token_usage(count(prompt) or before.input, count(written) or before.output)


class InvocationAddition:
    """What Bedrock adds to the events of a model's own format: a guardrail's action, and in the last one the counts."""

    def __init__(self) -> None:
        self.ended = False
        """Whether the latest event was the last one of an invocation."""
        self._tokens: TokenUsage | None = None
        self._intervened = False
        self._trace: Any = None

    def take(self, event: Body) -> None:
        """Note what an event has beside the model's own."""
        if self.ended:
            self.ended, self._intervened, self._trace = False, False, None
        metrics = event.get(_METRICS)
        if metrics is not None:
            self.ended = True
            counts = _sum_tokens(fields(metrics), _INPUT_METRICS, "outputTokenCount")
            self._tokens = add_tokens(self._tokens, counts)
        if _ACTION in event:
            self._intervened = self._intervened or event[_ACTION] == "INTERVENED"
        self._trace = event.get(_TRACE) or self._trace

    def completed(self, own: LDAIMetrics | None) -> LDAIMetrics | None:
        """The model's own reading, with the counts that it lacks; an error where a guardrail blocked."""
        blocked = self._intervened and not masked_only(fields(self._trace).get("guardrail"))
        if self._tokens is None and not blocked:
            return own
        reading = own or read()
        outcome = "error" if blocked else outcome_in(reading)
        return read(outcome, _filled(reading.tokens, self._tokens), reading.tool_calls or ())


def is_invocation_chunk(event: Body) -> bool:
    """Tell an event of `invoke_model_with_response_stream`."""
    return fields(event.get("chunk")).get("bytes") is not None


def in_chunk(event: Body) -> dict[str, Any]:
    """The model's own event in an event of `invoke_model_with_response_stream`."""
    return _parsed(fields(event["chunk"]).get("bytes"))


def is_text_event(event: Body) -> bool:
    """Tell an event of a format that only Bedrock has, if need be by what Bedrock adds to the last one."""
    parts = [*items(event.get("outputs")), *items(event.get("choices"))]
    if "outputText" in event or "is_finished" in event or _METRICS in event:
        return True
    if "stop_reason" in event:
        return "generation" in event or "completion" in event
    return bool(parts) and "stop_reason" in as_dict(parts[0])


def _own(body: Any) -> LDAIMetrics:
    from ldtrack.extractors import plain

    return plain.body(body) or read()


def _parsed(body: Any) -> dict[str, Any]:
    if isinstance(body, dict):
        return body  # pyright: ignore[reportUnknownVariableType] -- JSON
    try:
        return as_dict(json.loads(body))
    except (TypeError, ValueError):
        return {}


def _sum_tokens(counts: Fields, input_names: tuple[str, ...], output_name: str, prefix: str = "") -> TokenUsage | None:
    """Add up the counts of an input; headers have them as texts."""
    read_in = sum(_number(counts.get(prefix + name)) for name in input_names)
    return token_usage(read_in, _number(counts.get(prefix + output_name)))


def _number(value: Any) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() else count(value)


def _filled(own: TokenUsage | None, added: TokenUsage | None) -> TokenUsage | None:
    """The model's own counts; those that it leaves out as Bedrock has them."""
    if own is None or added is None:
        return own or added
    return token_usage(own.input or added.input, own.output or added.output, own.total)


def _parts(value: Body) -> list[Body]:
    """A reply or an event, and what is one level below."""
    return [value, *(as_dict(part) for name in _PARTS for part in items(value.get(name)))]


def _is_ended(part: Body) -> bool:
    return any(name in part for name in (*_TEXTS, "message")) and any(text(part.get(name)) for name in _REASONS)


def _text(part: Body) -> bool:
    return any(part.get(name) for name in _TEXTS) or bool(fields(part.get("message")).get("content"))


_READ = (dict, str, bytes, bytearray)
"""What a body is once it has been read."""
