"""Cohere's API, both versions of it: responses, and the events of streams, of its SDK and as plain dicts.

`tokens` counts what the model read and wrote; `billed_units` is usually less, and counts where nothing else does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._folds import Each
from ldtrack._metrics import Outcome, Reading, add_tokens, read, token_usage
from ldtrack.extractors._fields import Fields, fields, items, text
from ldtrack.extractors._inner import read_inner
from ldtrack.extractors._provider import Provider

_FAILED = frozenset({"ERROR", "ERROR_TOXIC", "ERROR_LIMIT", "TIMEOUT"})
_COUNTS = ("tokens", "billed_units")
_BEDROCK = "amazon-bedrock-invocationMetrics"


def response(value: Any) -> Reading:
    """Read a chat, embeddings or anything else; reranking bills searches, and no tokens."""
    body = fields(value)
    calls = [*items(fields(body.get("message")).get("tool_calls")), *items(body.get("tool_calls"))]
    names = [name for call in calls for name in _name(call)]
    return read(_outcome(body.get("finish_reason")), _tokens(body), names)


def is_response(body: Mapping[str, Any]) -> bool:
    """Tell a response by where it counts what was billed, or what the model read; Bedrock's have no counts at all."""
    usage = fields(body.get("usage") or body.get("meta"))
    counted = any(usage.get(name) is not None for name in _COUNTS)
    return counted or ("generation_id" in body and "finish_reason" in body)


def is_event(body: Mapping[str, Any]) -> bool:
    """Tell an event of a stream, but for the last one of Bedrock's, which has its own counts."""
    return (text(body.get("type")) or text(body.get("event_type"))) in _EVENTS and _BEDROCK not in body


def with_headers(value: Any) -> LDAIMetrics | None:
    """Read what `with_raw_response` gives: the parsed response, next to its headers."""
    return read_inner(fields(value).get("_data")) or read()


class ChatStream:
    """Folds the events of one message, or of several after each other, whose tokens are added up."""

    def __init__(self) -> None:
        self.complete = False
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._earlier: list[str] = []
        """The tools that earlier messages called."""
        self._names: list[str] = []

    def feed(self, event: Any, /) -> bool:
        """Take an event; text, thinking, the plan for tools and their calls are output, citations are not."""
        body = fields(event)
        take = _TAKE.get(text(body.get("type")) or text(body.get("event_type")))
        return take(self, body) if take else False

    def text(self, event: Any, /) -> str:
        """The output in an event: text, thinking, plans, and the arguments of calls, for who estimates its tokens."""
        body = fields(event)
        message = fields(fields(body.get("delta")).get("message"))
        return text(body.get("text")) or "".join(map(text, _said(message)))

    def result(self) -> Reading:
        """Everything up to here; the last message's outcome holds."""
        return read(self._outcome, self._tokens, [*self._earlier, *self._names])

    def start(self, _body: Fields) -> bool:
        """Begin a message."""
        self.complete, self._outcome = False, "success"
        self._earlier += self._names
        self._names = []
        return False

    def content(self, body: Fields) -> bool:
        """Take a part of the message's text, thinking or plan, or of a call's arguments."""
        return any(_said(fields(fields(body.get("delta")).get("message"))))

    def call(self, body: Fields) -> bool:
        """Take the start of a call."""
        message = fields(fields(body.get("delta")).get("message"))
        self._names += _name(message.get("tool_calls"))
        return True

    def end(self, body: Fields) -> bool:
        """Take the end of a message."""
        delta = fields(body.get("delta"))
        self._end("ERROR" if delta.get("error") else delta.get("finish_reason"), delta)
        return False

    def text_v1(self, body: Fields) -> bool:
        """Take a part of the text."""
        return bool(body.get("text"))

    def call_v1(self, body: Fields) -> bool:
        """Take a part of a call: its name comes once."""
        delta = body.get("tool_call_delta")
        self._names += _name(delta)
        return bool(delta or body.get("text"))

    def calls_v1(self, body: Fields) -> bool:
        """Take all calls, whole."""
        self._names = [name for call in items(body.get("tool_calls")) for name in _name(call)]
        return True

    def end_v1(self, body: Fields) -> bool:
        """Take the end of a stream, with everything again."""
        whole = fields(body.get("response"))
        self._names = [name for call in items(whole.get("tool_calls")) for name in _name(call)] or self._names
        self._end(body.get("finish_reason") or whole.get("finish_reason"), whole)
        return False

    def error_v1(self, _body: Fields) -> bool:
        """Take an error."""
        self.complete, self._outcome = True, "error"
        return False

    def _end(self, reason: Any, body: Fields) -> None:
        self.complete, self._outcome = True, _outcome(reason)
        self._tokens = add_tokens(self._tokens, _tokens(body))


_TAKE = {
    "message-start": ChatStream.start,
    "content-start": ChatStream.content,
    "content-delta": ChatStream.content,
    "tool-plan-delta": ChatStream.content,
    "tool-call-start": ChatStream.call,
    "tool-call-delta": ChatStream.content,
    "message-end": ChatStream.end,
    "stream-start": ChatStream.start,
    "text-generation": ChatStream.text_v1,
    "tool-calls-chunk": ChatStream.call_v1,
    "tool-calls-generation": ChatStream.calls_v1,
    "stream-end": ChatStream.end_v1,
    "stream-error": ChatStream.error_v1,
}
_EVENTS = frozenset(_TAKE) | {"content-end", "tool-call-end", "citation-start", "citation-end", "search-results"}


def _tokens(body: Fields) -> TokenUsage | None:
    usage = fields(body.get("usage") or body.get("meta"))
    counts = (fields(usage.get(name)) for name in _COUNTS)
    known = (token_usage(count.get("input_tokens"), count.get("output_tokens")) for count in counts)
    return next(filter(None, known), None)


def _said(message: Fields) -> Sequence[Any]:
    part, call = fields(message.get("content")), fields(message.get("tool_calls"))
    arguments = fields(call.get("function")).get("arguments")
    return part.get("text"), part.get("thinking"), message.get("tool_plan"), arguments


def _outcome(reason: Any) -> Outcome:
    if reason == "USER_CANCEL":
        return None
    return "error" if text(reason) in _FAILED else "success"


def _name(call: Any) -> list[str]:
    """The name of a call; in the first version of the API it is the call's own."""
    body = fields(call)
    name = text(fields(body.get("function")).get("name")) or text(body.get("name"))
    return [name] if name else []


_responses = (
    "V2ChatResponse",
    "ChatResponse",
    "NonStreamedChatResponse",
    "Generation",
    "Embed*Response",
    "*RerankResponse",
    "ClassifyResponse",
    "SummarizeResponse",
    "ParseResponse",
)
_events = ("*V2ChatStreamResponse", "*StreamedChatResponseV2", "*StreamedChatResponse", "*GenerateStreamedResponse")

PROVIDER = Provider(
    packages=("cohere",),
    responses={
        **dict.fromkeys(_responses, response),
        "HttpResponse": with_headers,
        "AsyncHttpResponse": with_headers,
    },
    chunks={
        **dict.fromkeys(_events, ChatStream),
        **dict.fromkeys(("V2ChatResponse", "ChatResponse", "NonStreamedChatResponse"), partial(Each, response)),
    },
)
