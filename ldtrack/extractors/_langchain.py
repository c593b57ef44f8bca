"""LangChain's messages: the same fields for every backend, but each backend's own words for how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, combined, outcome_in, read, token_usage
from ldtrack._switches import switches
from ldtrack.extractors._chat import chat_completion
from ldtrack.extractors._converse import converse
from ldtrack.extractors._fields import Fields, as_dict, fields, items, text
from ldtrack.extractors._gemini import generate_content, is_bad
from ldtrack.extractors._messages import message as anthropic_message
from ldtrack.extractors._responses import response

_COUNTS = ("input_tokens", "output_tokens", "total_tokens")
# Where a backend's package leaves its own usage, and the words for it.
_USAGES = ("token_usage", "usage", "tokenUsage")
_WORDS = (
    ("prompt_tokens", "completion_tokens", "total_tokens"),
    ("promptTokens", "completionTokens", "totalTokens"),
    _COUNTS,
)
# Backends that always tell why they stopped: without a reason, the stream broke off.
_TELL_REASONS = frozenset({"anthropic", "bedrock_converse", "google_genai", "groq", "mistralai", "openai"})
_TEXTS = ("text", "thinking", "reasoning", "reasoning_content", "summary", "refusal", "executable_code", "partial_json")
_MEDIA = frozenset({"audio", "file", "image", "image_url", "media", "video"})
_UNDECLARED = ("reasoning_content", "reasoning", "refusal", "function_call", "audio")


def message(value: Any, tokens: TokenUsage | None = None) -> Reading:
    """Read a whole message.

    Args:
        value: `AIMessage`, or chunks of it that were added up.
        tokens: Its tokens, where they are known already.
    """
    body = fields(value)
    metadata = fields(body.get("response_metadata"))
    outcome: Outcome = "error" if _counts_as_refused(body) else _outcome(metadata)
    usage = fields(body.get("usage_metadata"))
    tokens = tokens or _tokens(map(usage.get, _COUNTS)) or _backend_tokens(metadata)
    return read(outcome, tokens, _called(body))


def messages(values: Any) -> Reading:
    """Read the messages of an agent's loop: counts add up, the last one's outcome holds."""
    together = combined(map(message, values))
    return read() if together is None else read(outcome_in(together), together.tokens, together.tool_calls or ())


def llm_result(value: Any) -> Reading:
    """Read the result for one prompt (`ChatResult`) or several: the tokens are with the first candidate of each."""
    body = fields(value)
    generations = items(body.get("generations"))
    prompts = [prompt for prompt in map(items, generations) if prompt] or [generations]
    readings = [[message(fields(candidate).get("message")) for candidate in prompt] for prompt in prompts]
    firsts = combined(candidates[0] for candidates in readings if candidates)
    tokens = firsts.tokens if firsts else None
    names = [name for candidates in readings for candidate in candidates for name in candidate.tool_calls or ()]
    failed = any(_all_failed(candidates) for candidates in readings)
    return read("error" if failed else "success", tokens or _backend_tokens(fields(body.get("llm_output"))), names)


def _all_failed(candidates: list[Reading]) -> bool:
    return bool(candidates) and all(candidate.outcome == "error" for candidate in candidates)


class MessageStream:
    """Folds chunks of messages: each tells what came on top, so that counts are added up, over several messages, too.

    Gemini's package corrects a count downwards, so that a single one may be negative.
    """

    def __init__(self) -> None:
        self._counts = dict.fromkeys(_COUNTS, 0)
        self._names: list[str] = []
        self._metadata: dict[str, Any] = {}
        self._refused = False

    @property
    def complete(self) -> bool:
        """Whether the backend told why it stopped, or is none that always does."""
        return _is_told(self._metadata) or self._metadata.get("model_provider") not in _TELL_REASONS

    @property
    def usage_option(self) -> str | None:
        """How usage is asked for; OpenAI's package asks for it by itself, but not of compatible servers."""
        return "stream_usage=True" if self._metadata.get("model_provider") == "openai" else None

    def text(self, chunk: Any, /) -> str:
        """The output in a chunk, for who estimates its tokens."""
        return output_text(chunk)

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk, or a whole message; text, thinking, media and tool calls are output."""
        body = fields(chunk)
        if body.get("type") not in ("ai", "AIMessageChunk"):
            return False
        began = has_output(body)
        if began and _is_told(self._metadata):  # another message
            self._metadata, self._refused = {}, False
        told = as_dict(body.get("response_metadata"))
        self._metadata.update((name, value) for name, value in told.items() if value is not None)
        self._refused = self._refused or _counts_as_refused(body)
        self._add(fields(body.get("usage_metadata")))
        self._names += _called(body) if body.get("type") == "ai" else _named(body.get("tool_call_chunks"))
        return began

    def result(self) -> Reading:
        """Everything up to here; the last message's outcome holds."""
        tokens = _tokens(self._counts.values()) or _backend_tokens(self._metadata)
        return read("error" if self._refused else _outcome(self._metadata), tokens, self._names)

    def _add(self, usage: Fields) -> None:
        for name in _COUNTS:
            value = usage.get(name)
            if isinstance(value, int):
                self._counts[name] += value


def is_message(value: Any) -> bool:
    """Tell a message, from whomever."""
    own: Any = getattr(value, "__dict__", ())
    return "response_metadata" in own and "additional_kwargs" in own


def has_output(value: Any) -> bool:
    """Whether a chunk of a chat or text model carries anything that it generated."""
    body = fields(value)
    content = _content(body)
    if _said(content) or any(map(_is_media, items(content))):
        return True
    if any(call.get("name") or call.get("args") for call in map(fields, items(body.get("tool_call_chunks")))):
        return True
    undeclared = fields(body.get("additional_kwargs"))
    return bool(_named(body.get("tool_calls"))) or any(undeclared.get(name) for name in _UNDECLARED)


def output_text(value: Any) -> str:
    """The output in a chunk, for who estimates its tokens: text, reasoning, and the arguments of tool calls."""
    body = fields(value)
    undeclared = fields(body.get("additional_kwargs"))
    arguments = [text(fields(call).get("args")) for call in items(body.get("tool_call_chunks"))]
    return "".join([_said(_content(body)), *(_said(undeclared.get(name)) for name in _UNDECLARED), *arguments])


def _content(body: Fields) -> Any:
    """What a chat model's message holds, or a text model's chunk."""
    return body.get("content") or body.get("text")


def _said(content: Any) -> str:
    """All text in content: it is a text, or a list of blocks; a block may hold blocks (summaries)."""
    if isinstance(content, str):
        return content
    block = as_dict(content)
    return "".join(map(_said, [block[name] for name in _TEXTS if name in block] or items(content)))


def _is_media(block: Any) -> bool:
    return as_dict(block).get("type") in _MEDIA


def _is_told(metadata: Fields) -> bool:
    return any(metadata.get(name) for name in _ENDS)


def _outcome(metadata: Fields) -> Outcome:
    """The outcome that any of the backends' words tell; the metadata has them as the backend's own response does."""
    for name, read_end in _ENDS.items():
        outcome = outcome_in(read_end(metadata)) if metadata.get(name) else "success"
        if outcome != "success":
            return outcome
    return "success"


def _finished(metadata: Fields) -> Reading:
    reason = metadata.get("finish_reason")
    return read("error") if is_bad(reason) else chat_completion({"choices": [{"finish_reason": reason}]})


def _done(_metadata: Fields) -> Reading:
    return read()


_ENDS: dict[str, Callable[[Any], Reading]] = {
    "finish_reason": _finished,
    "stop_reason": anthropic_message,
    "stopReason": converse,
    "status": response,
    "prompt_feedback": generate_content,
    "done_reason": _done,
}
"""The fields of a message's metadata in which some backend tells how it ended."""


def _counts_as_refused(body: Fields) -> bool:
    if switches.model_refusal != "error":
        return False
    blocks = map(as_dict, items(body.get("content")))
    return bool(fields(body.get("additional_kwargs")).get("refusal")) or any(
        block.get("type") == "refusal" or block.get("refusal") for block in blocks
    )


def _tokens(counts: Iterable[Any]) -> TokenUsage | None:
    """The tokens, without a total where the prompt's are missing: Anthropic's package has them in no chunk."""
    tokens = token_usage(*counts)
    return replace(tokens, total=0) if tokens is not None and tokens.output == tokens.total else tokens


def _backend_tokens(metadata: Fields) -> TokenUsage | None:
    """Tokens in a backend's own words, where its package does not translate them."""
    usages = [fields(metadata.get(name)) for name in _USAGES]
    found = (token_usage(*map(usage.get, words)) for usage in usages for words in _WORDS)
    return next(filter(None, found), None)


def _called(body: Fields) -> list[str]:
    """The names of a whole message's calls; those whose arguments cannot be parsed are kept apart."""
    return _named(body.get("tool_calls")) + _named(body.get("invalid_tool_calls"))


def _named(calls: Any) -> list[str]:
    return [name for call in items(calls) if (name := text(fields(call).get("name")))]
