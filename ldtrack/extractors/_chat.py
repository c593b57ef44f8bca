"""The wire format of chat completions, spoken by OpenAI and many others; also old text completions and embeddings."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, read, token_usage
from ldtrack._switches import switches
from ldtrack.extractors._fields import extra, fields, items, text

# `error` is what Mistral and OpenRouter say, the last one DeepSeek.
_FAILED = frozenset({"content_filter", "error", "insufficient_system_resource"})
_PLAIN = frozenset({"stop", "length"})
# Undeclared fields of DeepSeek, OpenRouter and others.
_REASONING = ("reasoning_content", "reasoning", "reasoning_details")


def chat_completion(response: Any, tokens: TokenUsage | None = None) -> Reading:
    """Read a whole completion. Azure may leave out the message, or with a prompt filter everything but the error.

    Args:
        response: `ChatCompletion`, or a mapping or object of its shape.
        tokens: Its tokens, where they are known already.
    """
    body = fields(response)
    choices = items(body.get("choices"))
    failed = True if choices else bool(extra(response, "error"))
    names: list[str] = []
    for item in choices:
        choice = fields(item)
        message = fields(choice.get("message"))
        names += _tool_names(message)
        failed = failed and _is_bad(choice.get("finish_reason"), refused=message.get("refusal"))
    return read("error" if failed else "success", tokens or _tokens(response), names)


def tokens_only(response: Any, tokens: TokenUsage | None = None) -> Reading:
    """Read what is no generation that could be refused, such as embeddings."""
    return read(tokens=tokens or _tokens(response))


class ChatStream:
    """Folds chunks of chat completions; of one message the last usage counts, several are added up."""

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []
        self._begin(None)

    def _begin(self, message_id: Any) -> None:
        self._id = message_id
        self._usage: Any = None
        self._failed = False
        self._ended: dict[int, bool] = {}
        """Index of each choice that has ended, and whether it failed."""
        self._refused: set[int] = set()
        self._calls: dict[tuple[int, int], Any] = {}
        """Id of each tool call, by the indexes of choice and call."""

    @property
    def complete(self) -> bool:
        """Whether a finish reason was seen."""
        return bool(self._ended)

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk; lifecycle, usage and filter chunks carry no output."""
        body = fields(chunk)
        began = False
        for item in items(body.get("choices")):
            choice = fields(item)
            output = self._output(choice)
            if self._ended and self._is_next(body.get("id"), _index(choice), output):
                self._finish(body.get("id"))
            self._take(choice)
            began = began or output
        self._id = self._id or body.get("id")
        self._usage = body.get("usage") or self._usage
        groq = body.get("x_groq") or extra(chunk, "x_groq")
        if groq:
            self._take_groq(fields(groq))
        return began

    def result(self) -> Reading:
        """Everything up to here; the last message's outcome holds."""
        failed = self._failed or (self._ended and all(self._ended.values()))
        outcome: Outcome = "error" if failed else "success"
        return read(outcome, add_tokens(self._tokens, _usage_tokens(self._usage)), self._names)

    def _output(self, choice: Any) -> bool:
        return _has_output(choice.get("delta"))

    def _is_next(self, message_id: Any, index: int, output: bool) -> bool:  # noqa: FBT001 -- private
        """Whether a choice belongs to another message: it has another id, or goes on after its end."""
        return bool(message_id and message_id != self._id) or (output and index in self._ended)

    def _finish(self, next_id: Any) -> None:
        self._tokens = add_tokens(self._tokens, _usage_tokens(self._usage))
        self._begin(next_id)

    def _take(self, choice: Any) -> None:
        index, delta, reason = _index(choice), fields(choice.get("delta")), choice.get("finish_reason")
        if delta.get("refusal"):
            self._refused.add(index)
        if delta.get("tool_calls"):
            self._name_calls(index, items(delta.get("tool_calls")))
        elif delta.get("function_call"):
            self._names += _name(delta.get("function_call"))
        if reason:
            self._ended[index] = _is_bad(reason, refused=index in self._refused)

    def _take_groq(self, groq: Any) -> None:
        """Note the usage that Groq tells without being asked, and the error that its SDK does not raise."""
        self._usage = self._usage or groq.get("usage")
        self._failed = self._failed or bool(groq.get("error"))

    def _name_calls(self, index: int, calls: Any) -> None:
        """Note the calls' names, which come in the first fragment of each; some servers repeat them."""
        for call in calls:
            part = fields(call)
            place, call_id = (index, _index(part)), part.get("id")
            if place not in self._calls or (call_id and call_id != self._calls[place]):
                self._calls[place] = call_id
                self._names += _call_name(call)


class CompletionStream(ChatStream):
    """Folds chunks of text completions."""

    def _output(self, choice: Any) -> bool:
        return bool(choice.get("text"))


class ChatEventStream(ChatStream):
    """Folds the events of `client.chat.completions.stream()`: each raw chunk comes once as such, and again derived."""

    def feed(self, event: Any, /) -> bool:
        """Take an event; only raw chunks are read."""
        body = fields(event)
        return super().feed(body.get("chunk")) if body.get("type") == "chunk" else False


def is_plain(response: Any) -> bool:
    """Whether an SDK's completion is one message that ended as most do; told quickly, since most are."""
    try:  # the instance dicts: an attribute of a pydantic object costs several times as much
        (choice,) = response.__dict__["choices"]
        body = choice.__dict__
        message = body["message"].__dict__
        called = message["tool_calls"] or message["function_call"] or message["refusal"]
        return body["finish_reason"] in _PLAIN and not called
    except Exception:  # noqa: BLE001 -- several choices, none, or another shape
        return False


def is_said(content: Any) -> bool:
    """Whether content says anything. Mistral's reasoning models send parts, whose texts may all be empty."""
    if isinstance(content, str) or not content:
        return bool(content)
    parts = items(content)
    if not parts:  # one part; without text it is an image or a reference
        body = fields(content)
        parts = [body.get(name) for name in ("thinking", "text") if body.get(name) is not None] or [True]
    return any(part is True or is_said(part) for part in parts)


def _tokens(response: Any) -> TokenUsage | None:
    return _usage_tokens(fields(response).get("usage") or extra(response, "usage"))


def _usage_tokens(usage: Any) -> TokenUsage | None:
    if usage is None:
        return None
    counts = fields(usage)
    return token_usage(counts.get("prompt_tokens"), counts.get("completion_tokens"), counts.get("total_tokens"))


def _is_bad(reason: Any, *, refused: Any) -> bool:
    return (isinstance(reason, str) and reason in _FAILED) or (bool(refused) and switches.model_refusal == "error")


def _index(part: Any) -> int:
    index = part.get("index")
    return index if isinstance(index, int) else 0


def _has_output(value: Any) -> bool:
    delta = fields(value)
    if delta.get("tool_calls") or delta.get("refusal") or delta.get("function_call") or is_said(delta.get("content")):
        return True
    sound = fields(delta.get("audio") or extra(value, "audio"))
    if sound.get("data") or sound.get("transcript"):
        return True
    return any(delta.get(name) or extra(value, name) for name in _REASONING)


def _tool_names(message: Any) -> list[str]:
    calls, legacy = message.get("tool_calls"), message.get("function_call")
    names = [name for call in items(calls) for name in _call_name(call)] if calls else []
    return names + _name(legacy) if legacy else names


def _call_name(call: Any) -> list[str]:
    """The name of a function or custom call; of an unknown kind of call the SDK makes a function that is None."""
    return _name(fields(call).get("function") or fields(call).get("custom") or extra(call, "custom"))


def _name(function: Any) -> list[str]:
    name = text(fields(function).get("name"))
    return [name] if name else []
