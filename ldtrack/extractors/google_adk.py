"""Google's Agent Development Kit: the events of a run, and the model responses that they are made of."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, add_tokens, read
from ldtrack.extractors._fields import Fields, fields, text
from ldtrack.extractors._gemini import call_names, has_output, is_bad, usage_tokens
from ldtrack.extractors._provider import Provider

# Error codes are finish reasons too, where the model gave nothing.
_FINE = frozenset({"", "STOP", "MAX_TOKENS", "CONTINUATION"})
# Questions to the user, which the framework words as calls.
_REQUESTS = "adk_request_"


class EventStream:
    """Folds the events of a run, several model calls and the tools' answers.

    Events marked as partial are repeated by a whole one, which alone counts, unless the run is left before.
    """

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._pending: TokenUsage | None = None
        self._names: list[str] = []
        self._failed = False

    @staticmethod
    def is_one_stream(_events: Any) -> bool:
        """Tell a list of a stream's chunks: a list of events is always of a run."""
        return True

    def feed(self, event: Any, /) -> bool:
        """Take an event; what the model wrote or called is output."""
        body = fields(event)
        if body.get("author") == "user":
            return False
        began = has_output(body.get("content"))
        tokens = usage_tokens(body.get("usage_metadata"))
        if body.get("partial"):
            self._pending = tokens or self._pending
        else:
            self._take(body, tokens, began=began)
        return began

    def result(self) -> Reading:
        """Everything up to here; the last model call's outcome holds."""
        tokens = add_tokens(self._tokens, self._pending)
        return read("error" if self._failed else "success", tokens, self._names)

    def _take(self, body: Fields, tokens: TokenUsage | None, *, began: bool) -> None:
        failed = _is_failed(body)
        if failed or began:
            self._failed = failed
        if tokens:
            self._tokens, self._pending = add_tokens(self._tokens, tokens), None
        self._names += [name for name in call_names(body.get("content")) if not name.startswith(_REQUESTS)]


def event(value: Any) -> Reading:
    """Read a single event, or a model's response."""
    stream = EventStream()
    stream.feed(value)
    return stream.result()


def _is_failed(body: Fields) -> bool:
    code = body.get("error_code")
    return text(getattr(code, "name", code)) not in _FINE or is_bad(body.get("finish_reason"))


PROVIDER = Provider(
    packages=("google.adk",),
    responses={"Event": event, "LlmResponse": event},
    chunks={"Event": EventStream, "LlmResponse": EventStream},
)
