"""Plain dicts, such as parsed HTTP bodies and server-sent events: recognised by their keys.

To add a shape: write a test beside the others, and add a line to `_SHAPES` or `_EVENTS`; the first that holds wins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from ldai.providers.types import LDAIMetrics

from ldtrack._metrics import Extractor, Outcome, StreamExtractor, StreamExtractorFactory, combined, outcome_in, read
from ldtrack._registration import BUILT_IN, Registration
from ldtrack._switches import switches
from ldtrack.extractors import cohere, ollama, strands
from ldtrack.extractors._chat import ChatStream, CompletionStream, chat_completion, tokens_only
from ldtrack.extractors._converse import ConverseStream, converse, is_converse, is_converse_event
from ldtrack.extractors._fields import as_dict as _keys
from ldtrack.extractors._fields import fields, items, text
from ldtrack.extractors._gemini import GenerateStream, generate_content, is_generate_content
from ldtrack.extractors._graph import EventStream, is_parallel, is_state, parallel, state
from ldtrack.extractors._graph import is_event as is_chain_event
from ldtrack.extractors._graph_stream import GraphStream, graph_part
from ldtrack.extractors._inner import read_inner
from ldtrack.extractors._interactions import InteractionStream, interaction, is_event, is_interaction
from ldtrack.extractors._invoke_model import (
    InvocationAddition,
    TextStream,
    guarded,
    in_chunk,
    invocation,
    is_guarded,
    is_invocation,
    is_invocation_chunk,
    is_text_body,
    is_text_event,
    text_body,
)
from ldtrack.extractors._langchain_events import MessageEventStream, is_message_event
from ldtrack.extractors._messages import MessageStream, message
from ldtrack.extractors._responses import ResponseStream, response

Body: TypeAlias = Mapping[str, Any]
_Test: TypeAlias = Callable[[Body], object]


def response_shape(value: Body) -> Registration | None:
    """What reads a mapping, told by its keys."""
    shape = next((shape for test, shape in SHAPES if test(value)), None)
    return shape if shape is None or isinstance(value, dict) else _through_dict(shape)


def chunk_shape(event: Body) -> Registration | None:
    """What reads a stream that this mapping is a part of; None if nothing tells yet."""
    known = is_error(event) or is_invocation_chunk(event) or _factory(event) is not None
    return CHUNKS if known else None


def body(value: Any) -> LDAIMetrics | None:
    """Read a parsed HTTP body; what nobody knows is a success without tokens. An error in it is one in any format."""
    mapping = _keys(value)
    shape = response_shape(mapping)
    extractor: Extractor | None = shape.extractor if shape else None
    metrics = extractor(mapping) if extractor else None
    if metrics is None or mapping.get("error"):
        return _with_outcome("error" if mapping.get("error") else "success", metrics)
    return metrics


def failed(_body: Any) -> LDAIMetrics:
    """Read the body of an error."""
    return read("error")


def counted(value: Body) -> LDAIMetrics:
    """Read what only counts, such as embeddings, or an error after something was paid for."""
    return read("error" if is_error(value) else "success", tokens_only(value).tokens)


def parsed_result(value: Body) -> LDAIMetrics:
    """Read what LangChain's `include_raw` returns: the response under `raw`, and whether it could be parsed."""
    metrics = read_inner(value["raw"]) or read()
    unusable = value["parsing_error"] is not None and switches.parsing_error == "error"
    return _with_outcome("error" if unusable else outcome_in(metrics), metrics)


class DictStream:
    """Folds a stream of dicts, each read by the format it is recognised as."""

    def __init__(self) -> None:
        self._open: dict[StreamExtractorFactory, StreamExtractor] = {}
        self._current: StreamExtractor | None = None
        self._failed = False
        self._addition = InvocationAddition()

    @staticmethod
    def is_one_stream(events: Any) -> bool:
        """Tell a list of a stream's events, where responses look alike: Gemini's."""
        factory: Any = _factory(events[0])
        return hasattr(factory, "is_one_stream") and factory.is_one_stream(events)

    @property
    def complete(self) -> bool:
        """Whether the latest format's terminal marker was seen."""
        return self._addition.ended or self._current is None or getattr(self._current, "complete", True)

    @property
    def usage_option(self) -> str | None:
        """How the latest format's usage is asked for."""
        return getattr(self._current, "usage_option", None)

    def text(self, chunk: Body, /) -> str:
        """The output in a dict, where its format tells."""
        current: Any = self._current
        return current.text(chunk) if hasattr(current, "text") else ""

    def feed(self, chunk: Body, /) -> bool:
        """Take a dict; one of no known format (a ping) is no output."""
        event = chunk if isinstance(chunk, dict) else dict(chunk)
        wrapped = is_invocation_chunk(event)
        if wrapped:
            event = in_chunk(event)
        self._failed = self._failed or is_error(event)
        self._addition.take(event)
        factory = _factory(event) or (TextStream if wrapped else None)
        if factory is None:
            # The counts at the end of chunks that do not say what they are, or a ping.
            return self._current is not None and "usage" in event and self._current.feed(event)
        if factory not in self._open:
            self._open[factory] = factory()
        self._current = self._open[factory]
        return self._current.feed(event)

    def result(self) -> LDAIMetrics | None:
        """All formats together; the latest one's outcome holds."""
        parts = sorted(self._open.values(), key=lambda part: part is self._current)
        metrics = self._addition.completed(combined(part.result() for part in parts))
        return _with_outcome("error", metrics) if self._failed else metrics


def is_chat(value: Body) -> bool:
    """Tell a chat or text completion."""
    choices = items(value.get("choices"))
    return value.get("object") in _CHAT_OBJECTS or (bool(choices) and "finish_reason" in _keys(choices[0]))


def is_response(value: Body) -> bool:
    """Tell a response of the Responses API."""
    return value.get("object") == "response"


def is_message(value: Body) -> bool:
    """Tell a message of Anthropic's: cached tokens come on top of `input_tokens`."""
    usage = _usage(value)
    if usage.get("input_tokens") is None:
        return value.get("type") == "message" and "stop_reason" in value
    return value.get("type") == "message" or any(usage.get(name) is not None for name in _CACHE_COUNTS)


def has_prompt_tokens(value: Body) -> bool:
    """Tell anything else that counts in the words of chat completions, such as embeddings."""
    return _usage(value).get("prompt_tokens") is not None


def has_input_tokens(value: Body) -> bool:
    """Tell anything else that counts in the words of the Responses API."""
    return _usage(value).get("input_tokens") is not None


def is_parsed_result(value: Body) -> bool:
    """Tell what LangChain's `include_raw` returns."""
    return "raw" in value and "parsed" in value and "parsing_error" in value


def is_error(value: Body) -> bool:
    """Tell the body of an error, or an error among the events of a stream."""
    error = value.get("error")
    return value.get("type") == "error" or bool(text(error) or _keys(error))


def _is_chat_chunk(event: Body) -> bool:
    choices = items(event.get("choices"))
    return event.get("object") == "chat.completion.chunk" or (bool(choices) and "delta" in _keys(choices[0]))


def _is_completion_chunk(event: Body) -> bool:
    return event.get("object") == "text_completion"


def _is_response_event(event: Body) -> bool:
    return text(event.get("type")).startswith("response.")


def _is_message_event(event: Body) -> bool:
    return text(event.get("type")).startswith(("message_", "content_block_"))


def _factory(event: Body) -> StreamExtractorFactory | None:
    return next((factory for test, factory in _EVENTS if test(event)), None)


def _with_outcome(outcome: Outcome, metrics: LDAIMetrics | None) -> LDAIMetrics:
    return read(outcome, metrics.tokens, metrics.tool_calls or ()) if metrics else read(outcome)


def _usage(value: Body) -> Any:
    return fields(value.get("usage"))


def _through_dict(shape: Registration) -> Registration:
    extractor: Any = shape.extractor

    def extract(value: Body) -> Any:
        return extractor(dict(value))

    return replace(shape, extractor=extract)


def _shape(test: _Test, extractor: Extractor) -> tuple[_Test, Registration]:
    return test, Registration(test, "response", extractor, BUILT_IN)


_CHAT_OBJECTS = ("chat.completion", "text_completion")
_CACHE_COUNTS = ("cache_creation_input_tokens", "cache_read_input_tokens")

SHAPES = (
    _shape(is_guarded, guarded),
    _shape(is_chat, chat_completion),
    _shape(is_response, response),
    _shape(is_message, message),
    _shape(is_generate_content, generate_content),
    _shape(is_interaction, interaction),
    _shape(is_converse, converse),
    _shape(is_text_body, text_body),
    _shape(is_invocation, invocation),
    _shape(cohere.is_response, cohere.response),
    _shape(ollama.is_response, ollama.response),
    _shape(has_prompt_tokens, counted),
    _shape(has_input_tokens, response),
    _shape(is_parsed_result, parsed_result),
    _shape(is_state, state),
    _shape(is_parallel, parallel),
    _shape(is_error, failed),
)

_EVENTS: tuple[tuple[_Test, StreamExtractorFactory], ...] = (
    (_is_chat_chunk, ChatStream),
    (_is_completion_chunk, CompletionStream),
    (_is_response_event, ResponseStream),
    (_is_message_event, MessageStream),
    (is_generate_content, GenerateStream),
    (is_event, InteractionStream),
    (is_converse_event, ConverseStream),
    (cohere.is_event, cohere.ChatStream),
    (is_text_event, TextStream),
    (ollama.is_chunk, ollama.ResponseStream),
    (strands.is_event, strands.EventStream),
    (is_chain_event, EventStream),
    (is_message_event, MessageEventStream),
    (graph_part, GraphStream),
)

CHUNKS = Registration(Mapping, "chunk", DictStream, BUILT_IN)
"""What reads a stream of dicts, whatever their format."""
