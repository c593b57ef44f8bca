"""Gemini's wire format: camel case on the wire and in parsed bodies, snake case in the SDKs' objects.

What the model read is the prompt (cached tokens are in it) and what hosted tools put into it; what it generated are the
candidates and, counted apart from them, its thoughts.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, count, read, token_usage
from ldtrack.extractors._fields import Fields, fields, items, text

_BAD = frozenset(
    {
        "BLOCKLIST",
        "ESCALATION",
        "LANGUAGE",
        "MISSING_THOUGHT_SIGNATURE",
        "MODEL_ARMOR",
        "NO_IMAGE",
        "OTHER",
        "PROHIBITED_CONTENT",
        "PUP_LIMITED_DISABLED",
        "RECITATION",
        "SAFETY",
        "SPII",
        "TOO_MANY_TOOL_CALLS",
        "UNEXPECTED_TOOL_CALL",
    }
)
_BAD_KINDS = ("IMAGE_", "MALFORMED_")
_OUTPUT = ("text", "function_call", "executable_code", "inline_data", "tool_call")
_COUNTS = ("prompt_token_count", "candidates_token_count", "thoughts_token_count", "total_token_count")


def generate_content(value: Any) -> Reading:
    """Read a whole response.

    Where the SDK called functions by itself, the tokens are those of the last model call: the earlier ones' are lost.
    """
    body = fields(value)
    names = _automatic_calls(either(body, "automatic_function_calling_history"))
    ended: list[bool] = []
    for item in items(body.get("candidates")):
        candidate = fields(item)
        names += call_names(candidate.get("content"))
        ended.append(is_bad(either(candidate, "finish_reason")))
    return read(_outcome(body, ended), usage_tokens(either(body, "usage_metadata")), names)


def embeddings(value: Any) -> Reading:
    """Read embeddings: a response's usage, else what the statistics of each say (Vertex), else nothing."""
    body = fields(value)
    usage = fields(either(body, "usage_metadata"))
    tokens = count(either(usage, "prompt_token_count")) or count(either(usage, "total_token_count"))
    return read(tokens=token_usage(tokens or sum(map(_embedded, items(body.get("embeddings")))), None))


class GenerateStream:
    """Folds the chunks of one response, or of several after each other, whose tokens are added up.

    Usage is a running total within a response. Where the SDK continues a generation in another response by itself, it
    goes on with the total of the former.
    """

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._last: TokenUsage | None = None
        self._names: list[str] = []
        self._begin(None)

    def _begin(self, response_id: Any) -> None:
        self._id = response_id
        self._ended: dict[int, bool] = {}
        """Index of each candidate that has ended, and whether it failed."""
        self._blocked = False
        self._continued = False

    @staticmethod
    def is_one_stream(chunks: Any) -> bool:
        """Tell a list of a stream's chunks: those of one response have its id."""
        ids = [one for one in (either(fields(chunk), "response_id") for chunk in chunks) if one]
        return len(set(ids)) < len(ids)

    @property
    def complete(self) -> bool:
        """Whether a finish reason was seen: without one, the model has not stopped."""
        return self._blocked or bool(self._ended)

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk; text, thoughts, calls, code and images are output, what code printed is not."""
        body = fields(chunk)
        self._follow(either(body, "response_id"))
        began = False
        for item in items(body.get("candidates")):
            began = self._take(fields(item)) or began
        self._blocked = self._blocked or _is_blocked(body)
        self._last = usage_tokens(either(body, "usage_metadata")) or self._last
        return began

    def result(self) -> Reading:
        """Everything up to here; the last response's outcome holds."""
        failed = self._blocked or _all_failed(self._ended.values())
        return read("error" if failed else "success", add_tokens(self._tokens, self._last), self._names)

    def _follow(self, response_id: Any) -> None:
        if response_id and self._id and response_id != self._id:
            if self.complete or not self._continued:
                self._tokens, self._last = add_tokens(self._tokens, self._last), None
            self._begin(response_id)
        self._id = self._id or response_id

    def _take(self, candidate: Fields) -> bool:
        content, reason = candidate.get("content"), either(candidate, "finish_reason")
        self._names += call_names(content)
        self._continued = self._continued or bool(either(candidate, "continuation_token"))
        if _is_stated(reason):
            self._ended[count(candidate.get("index"))] = is_bad(reason)
        return has_output(content)


def either(body: Fields, name: str) -> Any:
    """A field under its name in snake case, else in camel case."""
    value = body.get(name)
    return body.get(_camel(name)) if value is None else value


def usage_tokens(usage: Any) -> TokenUsage | None:
    """Tokens of a usage metadata; None where it has no counts, as for blocked prompts."""
    counts = fields(usage)
    read_in = count(either(counts, "prompt_token_count")) + count(either(counts, "tool_use_prompt_token_count"))
    written = count(either(counts, "candidates_token_count")) + count(either(counts, "thoughts_token_count"))
    return token_usage(read_in, written, either(counts, "total_token_count"))


def call_names(content: Any) -> list[str]:
    """Names of the functions that a content calls; a call that comes in pieces has its name in the first."""
    calls = (fields(either(part, "function_call")) for part in _parts(content))
    return [name for call in calls if (name := text(call.get("name")))]


def has_output(content: Any) -> bool:
    """Whether a content has anything that the model wrote."""
    return any(either(part, name) for part in _parts(content) for name in _OUTPUT)


def is_bad(reason: Any) -> bool:
    """Whether a finish reason, an enum's member or its name, says that the caller did not get the generation."""
    name = _name(reason)
    return name in _BAD or name.startswith(_BAD_KINDS)


def is_generate_content(value: Mapping[str, Any]) -> bool:
    """Tell a parsed response, or a chunk of one."""
    candidates = items(value.get("candidates"))
    if candidates:
        candidate = fields(candidates[0])
        return candidate.get("content") is not None or bool(either(candidate, "finish_reason"))
    usage = fields(either(value, "usage_metadata"))
    return _is_blocked(value) or any(either(usage, name) is not None for name in _COUNTS)


@functools.cache
def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))


def _name(value: Any) -> str:
    return text(getattr(value, "name", value))


def _is_stated(reason: Any) -> bool:
    return bool(reason) and not _name(reason).endswith("_UNSPECIFIED")


def _parts(content: Any) -> Iterator[Fields]:
    return map(fields, items(fields(content).get("parts")))


def _automatic_calls(history: Any) -> list[str]:
    """Names of the functions that the SDK called by itself; the history begins with the caller's own contents."""
    names: list[str] = []
    for content in items(history):
        if fields(content).get("role") == "user" and not any(either(p, "function_response") for p in _parts(content)):
            names.clear()
        names += call_names(content)
    return names


def _outcome(body: Fields, ended: list[bool]) -> Outcome:
    return "error" if _is_blocked(body) or _all_failed(ended) else "success"


def _all_failed(ended: Any) -> bool:
    return bool(ended) and all(ended)


def _is_blocked(body: Any) -> bool:
    return _is_stated(either(fields(either(body, "prompt_feedback")), "block_reason"))


def _embedded(embedding: Any) -> int:
    return count(either(fields(fields(embedding).get("statistics")), "token_count"))
