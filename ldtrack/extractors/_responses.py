"""OpenAI's Responses API: whole responses, and the events of their streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, read, token_usage
from ldtrack._switches import switches
from ldtrack.extractors._fields import extra, fields, items, text

_NAMED_CALLS = frozenset({"function_call", "custom_tool_call", "mcp_call"})
_OPEN = frozenset({"queued", "in_progress", "cancelled"})
_STARTS = frozenset({"response.created", "response.queued", "response.in_progress"})
_ENDS = frozenset({f"response.{end}" for end in ("completed", "incomplete", "failed", "cancelled", "done")})
# What a shell tool prints is no output of the model.
_TOOL_OUTPUT = "response.shell_call_output_content.delta"


def response(value: Any) -> Reading:
    """Read a response, whole or compacted; in the background it may still be open, which is no outcome."""
    body = fields(value)
    names = [name for item in items(body.get("output")) for name in tool_name(item)]
    return read(_outcome(body), usage_tokens(body.get("usage")), names)


def usage_only(value: Any) -> Reading:
    """Read what has a usage of the same shape, but nothing that could fail: images, transcriptions."""
    return read(tokens=usage_tokens(fields(value).get("usage")))


class ResponseStream:
    """Folds the events of one response, or of several after each other, whose tokens are added up."""

    def __init__(self) -> None:
        self.complete = True
        """Whether each response that began has ended; who passes on only some of the events leaves out both."""
        self._outcome: Outcome = "success"
        self._tokens: TokenUsage | None = None
        self._last: TokenUsage | None = None
        self._id: Any = None
        self._ended = False
        self._names: list[str] = []
        self._calls: dict[Any, list[str]] = {}
        """The tools that the current response calls, by the place of each item in it."""

    def feed(self, event: Any, /) -> bool:
        """Take an event; deltas, partial images and the start of a call of the caller's tools are output."""
        body = fields(event)
        kind = text(body.get("type"))
        if kind.endswith(".delta"):
            return bool(body.get("delta")) and kind != _TOOL_OUTPUT
        if kind.endswith(("output_item.added", "output_item.done")):
            return self._take_item(body, kind)
        if kind in _STARTS:
            self.complete = False
        if kind == "response.created":
            self._settle()
        elif kind in _ENDS:
            self._end(fields(body.get("response")))
        elif kind == "error":
            self.complete, self._outcome = True, "error"
        return kind.endswith(".partial_image")

    def result(self) -> Reading:
        """Everything up to here; the last response's outcome holds."""
        return read(self._outcome, add_tokens(self._tokens, self._last), self._all_names())

    def _take_item(self, body: Any, kind: str) -> bool:
        """Note the tool that an item calls, which an early end leaves unfinished.

        A hosted tool's call is no output: it is the service's doing, and no part of it is the model's yet. Recorded
        streams that are counted as without output, or as beginning later, start with one.
        """
        if self._ended:
            self._settle()
        added, index, item = kind.endswith(".added"), body.get("output_index"), body.get("item")
        place = fields(item).get("id") if index is None else index
        if place is not None or not added:
            self._calls[len(self._calls) if place is None else place] = list(tool_name(item))
        return added and text(fields(item).get("type")) in _NAMED_CALLS

    def _settle(self) -> None:
        """Add up what the last response used and called: another one begins; some adapters give all the same id."""
        self._tokens, self._last = add_tokens(self._tokens, self._last), None
        self._names, self._calls = self._all_names(), {}
        self._ended = False

    def _end(self, body: Any) -> None:
        if self._ended and body.get("id") != self._id:
            self._settle()
        reading = response(body)
        self._id, self._last, self._outcome = body.get("id"), reading.tokens, reading.outcome
        self._calls = {0: reading.tool_calls} if reading.tool_calls else self._calls
        self.complete = self._ended = True

    def _all_names(self) -> list[str]:
        return self._names + [name for called in self._calls.values() for name in called]


class MediaStream:
    """Folds the events of an image that is generated or edited, or of a transcription."""

    def __init__(self) -> None:
        self.complete = False
        self._tokens: TokenUsage | None = None

    def feed(self, event: Any, /) -> bool:
        """Take an event; a piece of text, a preview or the finished image are output."""
        body = fields(event)
        if text(body.get("type")).endswith((".completed", ".done")):
            self.complete = True
            self._tokens = usage_tokens(body.get("usage"))
        return bool(body.get("delta") or body.get("text") or body.get("b64_json"))

    def result(self) -> Reading:
        """The tokens, where they were sent."""
        return read(tokens=self._tokens)


def usage_tokens(usage: Any) -> TokenUsage | None:
    """Tokens in the words of the Responses API; billed by duration, there are none."""
    if usage is None:
        return None
    counts = fields(usage)
    return token_usage(counts.get("input_tokens"), counts.get("output_tokens"), counts.get("total_tokens"))


def tool_name(item: Any) -> Iterator[str]:
    """The name of the tool that an output item calls; hosted tools are called after their item's type."""
    body = fields(item)
    kind = text(body.get("type"))
    if kind in _NAMED_CALLS:
        # Of a kind of item that a release of the SDK does not know, the name is an undeclared field.
        name = text(body.get("name") or extra(item, "name"))
    else:
        name = kind.removesuffix("_call") if kind.endswith("_call") and not kind.startswith("program") else ""
    if name:
        yield name


def _outcome(body: Any) -> Outcome:
    status = body.get("status")
    if status == "failed" or (status is None and body.get("error")) or _is_filtered(body) or _is_refused(body):
        return "error"
    return None if isinstance(status, str) and status in _OPEN else "success"


def _is_filtered(body: Any) -> bool:
    details = body.get("incomplete_details")
    return details is not None and fields(details).get("reason") == "content_filter"


def _is_refused(body: Any) -> bool:
    if switches.model_refusal != "error":
        return False
    return any(
        fields(part).get("type") == "refusal"
        for item in items(body.get("output"))
        for part in items(fields(item).get("content"))
    )
