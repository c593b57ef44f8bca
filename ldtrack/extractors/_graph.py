"""What LangGraph returns, a state that holds old messages beside new ones, and LangChain's containers and events."""

from __future__ import annotations

from typing import Any

from ldai.providers.types import LDAIMetrics

from ldtrack._folds import Each
from ldtrack._metrics import Reading, read
from ldtrack.extractors._fields import fields, items, text
from ldtrack.extractors._langchain import has_output, is_message, llm_result, message, messages, output_text

_ENDS = frozenset({"on_chat_model_end", "on_llm_end"})
_CHUNKS = frozenset({"on_chat_model_stream", "on_llm_stream"})


def state(value: Any) -> Reading:
    """Read a graph's state: the answers to what a human said last. Earlier ones were counted when they came."""
    return history(fields(value).get("messages"))


def history(values: Any) -> Reading:
    """Read the messages of a state."""
    return messages(answers(values))


def answers(values: Any) -> list[Any]:
    """The model's messages after the last human one."""
    found: list[Any] = []
    for value in reversed(items(values)):
        if fields(value).get("type") == "human":
            break
        if is_answer(value):
            found.insert(0, value)
    return found


def parallel(value: Any) -> Reading:
    """Read a dict with messages in some of its fields: the answers of parallel chains."""
    return messages(filter(is_answer, value.values()))


def graph_output(value: Any) -> LDAIMetrics | None:
    """Read what `invoke(version="v2")` returns; its state may be an object of a class of the user's."""
    from ldtrack import _registry

    inner = fields(value).get("value")
    if is_history(fields(inner).get("messages")):
        return state(inner)
    found = _registry.find(inner)
    return read() if found is None or found.extractor is None else found.extractor(inner)


def is_answer(value: Any) -> bool:
    """Tell a model's message."""
    return is_message(value) and fields(value).get("type") in ("ai", "AIMessageChunk")


def is_history(values: Any) -> bool:
    """Tell a list of messages."""
    return any(map(is_message, items(values)[:1]))


def is_state(value: Any) -> bool:
    """Tell a graph's state."""
    return is_history(value.get("messages"))


def is_parallel(value: Any) -> bool:
    """Tell a dict with messages in some of its fields."""
    return any(map(is_answer, value.values()))


def is_event(event: Any) -> bool:
    """Tell an event of `astream_events`."""
    return text(event.get("event")).startswith("on_") and "data" in event and "run_id" in event


class EventStream:
    """Folds the events of `astream_events`. Chains repeat what their models tell, so that only models are read."""

    def __init__(self) -> None:
        self._models = Each(_model_output)

    def feed(self, event: Any, /) -> bool:
        """Take an event; a model's chunks are output."""
        body = fields(event)
        kind, data = body.get("event"), fields(body.get("data"))
        if kind in _ENDS:
            self._models.feed(data.get("output"))
        return kind in _CHUNKS and has_output(data.get("chunk"))

    def text(self, event: Any, /) -> str:
        """The output in an event, for who estimates its tokens."""
        return output_text(fields(fields(event).get("data")).get("chunk"))

    def result(self) -> LDAIMetrics | None:
        """All calls of models together; the last one's outcome holds."""
        return self._models.result()


def _model_output(output: Any) -> Reading:
    """Read what a model returned: a message, or a text model's result."""
    return llm_result(output) if fields(output).get("generations") else message(output)
