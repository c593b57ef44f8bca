"""The wire format of chat completions, spoken by OpenAI and many others; also old text completions and embeddings."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, add_tokens, read, token_usage
from ldtrack._switches import switches
from ldtrack.extractors._fields import extra, fields, items, text

# `error` is what Mistral and OpenRouter say, the last one DeepSeek.
_FAILED = frozenset({"content_filter", "error", "insufficient_system_resource"})
_PLAIN = frozenset({"stop", "length"})
# Undeclared fields of DeepSeek, OpenRouter and others.
_REASONING = ("reasoning_content", "reasoning", "reasoning_details")
# How many messages of one stream can be under way at the same time.
_MOST_OPEN = 16


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

    usage_option: str | None = 'stream_options={"include_usage": True}'
    """OpenAI sends no usage without it, nor do most that speak its format."""

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._usages: dict[Any, Any] = {}
        """The last usage of each of the latest messages, by their ids: two can come interleaved."""
        self._names: list[str] = []
        self._seen = False
        self._begin(None)

    def _begin(self, message_id: Any) -> None:
        self._id = message_id
        self._failed = False
        self._ended: dict[int, bool] = {}
        """Index of each choice that has ended, and whether it failed."""
        self._goes_on = False
        """Whether output after the end may be more of the same message."""
        self._opened = False
        """Whether a chunk with a role only came after the end."""
        self._began = False
        self._refused: set[int] = set()
        self._calls: dict[tuple[int, int], tuple[Any, bool]] = {}
        """Id of each tool call, and whether its name is known, by the indexes of choice and call."""

    @property
    def complete(self) -> bool:
        """Whether a finish reason was seen; where no choice was, none is missing."""
        return bool(self._ended) or not self._seen

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk; lifecycle, usage and filter chunks carry no output."""
        body = fields(chunk)
        message_id, choices, began = body.get("id"), items(body.get("choices")), False
        for item in choices:
            choice = fields(item)
            output = self._output(choice)
            if self._ended and self._is_next(message_id, choice, output):
                self._settle(message_id)
                self._begin(message_id)
            self._take(choice, output)
            began = began or output
        if not choices:
            self._goes_on = False
        self._id = self._id or message_id
        usage, groq = body.get("usage"), body.get("x_groq") or extra(chunk, "x_groq")
        if groq:
            usage = self._take_groq(fields(groq)) or usage
        if usage:
            self._count(message_id or self._id, usage)
        return began

    def text(self, chunk: Any, /) -> str:
        """The output in a chunk, for who estimates its tokens: text, reasoning, and the arguments of tool calls."""
        return "".join(self._text(fields(item)) for item in items(fields(chunk).get("choices")))

    def result(self) -> Reading:
        """Everything up to here; the last message's outcome holds."""
        tokens = self._tokens
        for usage in self._usages.values():
            tokens = add_tokens(tokens, _usage_tokens(usage))
        failed = self._failed or (self._ended and all(self._ended.values()))
        return read("error" if failed else "success", tokens, self._names)

    def _output(self, choice: Any) -> bool:
        return _has_output(choice.get("delta"))

    def _text(self, choice: Any) -> str:
        delta = choice.get("delta")
        body = fields(delta)
        calls = [fields(fields(call).get("function")).get("arguments") for call in items(body.get("tool_calls"))]
        parts = [body.get("content"), body.get("refusal"), *(extra(delta, name) for name in _REASONING[:2]), *calls]
        return "".join(map(text, parts))

    def _is_next(self, message_id: Any, choice: Any, output: bool) -> bool:  # noqa: FBT001 -- private
        """Whether a choice belongs to another message: it has another id, or begins anew after its end.

        Some servers send a finish reason with every chunk: output right after it is no other message then.
        """
        if message_id and message_id != self._id:
            return True
        if _index(choice) not in self._ended or not (output or choice.get("finish_reason")):
            return False
        return self._opened or (output and not self._goes_on)

    def _count(self, message_id: Any, usage: Any) -> None:
        self._usages[message_id] = usage
        if len(self._usages) > _MOST_OPEN:
            self._settle(next(iter(self._usages)))

    def _settle(self, message_id: Any) -> None:
        """Add up what a message used that will not be heard of again."""
        self._tokens = add_tokens(self._tokens, _usage_tokens(self._usages.pop(message_id, None)))

    def _take(self, choice: Any, output: bool) -> None:  # noqa: FBT001 -- private
        index, delta, reason = _index(choice), fields(choice.get("delta")), choice.get("finish_reason")
        if delta.get("refusal"):
            self._refused.add(index)
        if delta.get("tool_calls"):
            self._name_calls(index, items(delta.get("tool_calls")))
        elif delta.get("function_call"):
            self._names += _name(delta.get("function_call"))
        if reason:
            self._ended[index] = _is_bad(reason, refused=index in self._refused)
        self._seen = True
        self._goes_on = bool(reason) and (output or not self._began)
        self._opened = bool(self._ended and delta.get("role") and not output and not reason)
        self._began = self._began or output

    def _take_groq(self, groq: Any) -> Any:
        """Note the error that Groq's SDK does not raise, and give the usage that Groq tells without being asked."""
        self._failed = self._failed or bool(groq.get("error"))
        return groq.get("usage")

    def _name_calls(self, index: int, calls: Any) -> None:
        """Note the calls' names, which come in the first fragment of each; some servers repeat them."""
        for call in calls:
            part = fields(call)
            place, call_id = (index, _index(part)), part.get("id")
            known_id, named = self._calls.get(place, (None, False))
            if call_id and known_id and call_id != known_id:
                named = False
            names = [] if named else _call_name(call)
            self._names += names
            self._calls[place] = (call_id or known_id, named or bool(names))


class CompletionStream(ChatStream):
    """Folds chunks of text completions."""

    def _output(self, choice: Any) -> bool:
        return bool(choice.get("text"))

    def _text(self, choice: Any) -> str:
        return text(choice.get("text"))


class ChatEventStream(ChatStream):
    """Folds the events of `client.chat.completions.stream()`: each raw chunk comes once as such, and again derived.

    Only the raw ones are counted; who passes on the derived ones alone still passes on output.
    """

    def feed(self, event: Any, /) -> bool:
        """Take an event; text, a refusal and the arguments of a tool call are output."""
        body = fields(event)
        if body.get("type") == "chunk":
            return super().feed(body.get("chunk"))
        return bool(body.get("delta") or body.get("arguments_delta"))

    def text(self, event: Any, /) -> str:
        """The output in an event."""
        return super().text(fields(event).get("chunk"))


class UnaskedStream(ChatStream):
    """Folds chunks of providers that send usage unasked."""

    usage_option = None


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
