"""Mistral's Python SDK, of any major version. Chunks come wrapped in an event, under `data`."""

from __future__ import annotations

from functools import partial
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._folds import Each
from ldtrack._metrics import Outcome, Reading, add_tokens, read, token_usage
from ldtrack.extractors._chat import UnaskedStream, chat_completion, is_said, tokens_only
from ldtrack.extractors._fields import Fields, fields, items, text
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import ResponseStream, response

_CALLS = frozenset({"function.call", "tool.execution"})


def conversation(value: Any) -> Reading:
    """Read the answer of an agent or of a stored conversation, with the tools that Mistral ran itself.

    What the SDK makes of a whole run, whose tools it calls by itself, tells no tokens.
    """
    body = fields(value)
    outputs = [fields(output) for output in items(body.get("outputs") or body.get("output_entries"))]
    names = [text(output.get("name")) for output in outputs if output.get("type") in _CALLS]
    return read("success", _tokens(body), filter(None, names))


class CompletionStream(UnaskedStream):
    """Folds the events of a chat."""

    def feed(self, event: Any, /) -> bool:
        """Take an event."""
        return super().feed(fields(event).get("data"))

    def text(self, event: Any, /) -> str:
        """The output in an event."""
        return super().text(fields(event).get("data"))


class ResponseFrames(ResponseStream):
    """Folds the events of Mistral's own Responses API."""

    def feed(self, event: Any, /) -> bool:
        """Take an event."""
        return super().feed(fields(event).get("data"))


class ConversationStream:
    """Folds the events of a conversation, or of several after each other, whose tokens are added up."""

    def __init__(self) -> None:
        self.complete = False
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._calls: dict[Any, str] = {}
        """Names by the ids of calls: each fragment of a call repeats them."""

    def feed(self, event: Any, /) -> bool:
        """Take an event; text and calls are output."""
        body = fields(fields(event).get("data"))
        kind = text(body.get("type"))
        if kind == "conversation.response.started":
            self.complete, self._outcome = False, "success"
        elif kind == "conversation.response.done":
            self.complete = True
            self._tokens = add_tokens(self._tokens, _tokens(body))
        elif kind == "conversation.response.error":
            self.complete, self._outcome = True, "error"
        elif kind in {"function.call.delta", "tool.execution.started"}:
            self._calls[body.get("tool_call_id") or body.get("id")] = text(body.get("name"))
            return True
        return kind == "message.output.delta" and is_said(body.get("content"))

    def text(self, event: Any, /) -> str:
        """The output in an event, for who estimates its tokens."""
        return text(fields(fields(event).get("data")).get("content"))

    def result(self) -> Reading:
        """Everything up to here; the last answer's outcome holds."""
        return read(self._outcome, self._tokens, filter(None, self._calls.values()))


class MediaStream:
    """Folds the events of a transcription, or of speech."""

    def __init__(self) -> None:
        self.complete = False
        self._tokens: TokenUsage | None = None

    def feed(self, event: Any, /) -> bool:
        """Take an event; the last one has the whole text again."""
        body = fields(fields(event).get("data"))
        if text(body.get("type")).endswith(".done"):
            self.complete, self._tokens = True, _tokens(body)
        return bool(body.get("text") or body.get("audio_data"))

    def result(self) -> Reading:
        """The tokens, where they were sent."""
        return read(tokens=self._tokens)


def _tokens(body: Fields) -> TokenUsage | None:
    """The tokens; those of connectors are in the total only, and it is not used."""
    usage = fields(body.get("usage"))
    return token_usage(usage.get("prompt_tokens"), usage.get("completion_tokens"), usage.get("total_tokens"))


_each_chat = partial(Each, chat_completion)

PROVIDER = Provider(
    packages=("mistralai",),
    responses={
        "ChatCompletionResponse": chat_completion,
        "FIMCompletionResponse": chat_completion,
        "EmbeddingResponse": tokens_only,
        "TranscriptionResponse": tokens_only,
        "SpeechResponse": tokens_only,
        "OCRResponse": tokens_only,
        "ModerationResponse": tokens_only,
        "ClassificationResponse": tokens_only,
        "ConversationResponse": conversation,
        "RunResult": conversation,
        "CreateResponseResponse": response,
    },
    chunks={
        "CompletionEvent": CompletionStream,
        "CompletionChunk": UnaskedStream,
        "ResponsesStreamFrame": ResponseFrames,
        "ConversationEvents": ConversationStream,
        "RunResultEvents": ConversationStream,
        "RunResult": ConversationStream,
        "TranscriptionStreamEvents": MediaStream,
        "SpeechStreamEvents": MediaStream,
        "ChatCompletionResponse": _each_chat,
        "FIMCompletionResponse": _each_chat,
    },
)
