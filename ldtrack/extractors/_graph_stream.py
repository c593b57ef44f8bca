"""LangGraph's streams, which tell of the same messages in several ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeAlias

from ldai.providers.types import LDAIMetrics

from ldtrack._folds import Each
from ldtrack._registration import BUILT_IN, Registration
from ldtrack.extractors._fields import as_dict, fields, items, text
from ldtrack.extractors._graph import answers, is_answer, is_history
from ldtrack.extractors._langchain import MessageStream, has_output, is_message, message, messages, output_text
from ldtrack.extractors._langchain_events import as_chunk, is_message_event

_MODES = frozenset({"checkpoints", "custom", "debug", "messages", "tasks", "tools", "updates", "values"})
# The fields that tell what a single mode yields, where nothing names the mode.
_UNNAMED = (
    ("debug", {"step", "type", "payload"}),
    ("tasks", {"id", "name", "triggers"}),
    ("tasks", {"id", "name", "result"}),
    ("checkpoints", {"config", "values", "next"}),
)
_OfHistory: TypeAlias = Callable[[Any], list[Any]]
"""Which of the messages of a state are of interest."""
_DEEPEST = 4
_PAIR, _TRIPLE = 2, 3

# Typed so that a checker keeps taking what passes `isinstance` for anything.
_tuple: Any = tuple


class Part(NamedTuple):
    """What a graph's stream yields, without what it comes wrapped in."""

    mode: str
    namespace: tuple[str, ...]
    """Which graph inside the graph it is of."""
    payload: Any


def graph_part(chunk: Any) -> Part | None:
    """Tell a part of a graph's stream.

    It is `{"type": mode, "ns": namespace, "data": payload}` in version 2, and an event that has these in version 3;
    else the payload, which a list of modes or subgraphs put into tuples: `(mode, payload)`, `(namespace, payload)` or
    `(namespace, mode, payload)`. Chains that run in parallel yield dicts, too, with the next piece of one of them.
    """
    if isinstance(chunk, _tuple):
        return _in_tuple(chunk)
    body = as_dict(chunk)
    if "ns" in body and "data" in body and _is_mode(body.get("type")):
        return Part(body["type"], tuple(items(body["ns"])), body["data"])
    if body.get("type") == "event" and "method" in body:
        return _in_event(body)
    if any(map(_is_piece, body.values())):
        return Part("chains", (), body)
    mode = next((mode for mode, names in _UNNAMED if names <= body.keys()), None)
    if mode is None and is_history(body.get("messages")):
        return Part("values", (), body)
    return Part(mode or "updates", (), body) if any(True for _ in _inside(body)) else None


class GraphStream:
    """Folds a graph's stream. Each mode tells of the same messages: the one that tells of most tokens is read."""

    def __init__(self) -> None:
        self._views: dict[str, _View] = {}

    @property
    def complete(self) -> bool:
        """Whether the model told why it stopped, as far as its chunks are streamed."""
        return all(getattr(view, "complete", True) for view in self._views.values())

    def feed(self, chunk: Any, /) -> bool:
        """Take a part of the stream; what a model generated is output."""
        part = graph_part(chunk)
        if part is None or part.mode not in _VIEWS:
            return False
        if part.mode not in self._views:
            self._views[part.mode] = _VIEWS[part.mode]()
        return self._views[part.mode].take(part)

    @property
    def usage_option(self) -> str | None:
        """How usage is asked for."""
        return next(filter(None, (getattr(view, "usage_option", None) for view in self._views.values())), None)

    def text(self, chunk: Any, /) -> str:
        """The output in a part, for who estimates its tokens: what comes in pieces, which other modes repeat."""
        part = graph_part(chunk)
        return "" if part is None else "".join(map(output_text, _pieces(part)))

    def result(self) -> LDAIMetrics | None:
        """What that mode tells; of modes that tell as much, the most immediate."""
        views = [self._views[mode] for mode in _VIEWS if mode in self._views]
        return max((view.result() for view in views), key=_total, default=None)


def _all_answers(values: Any) -> list[Any]:
    return list(filter(is_answer, values))


class _View(Protocol):
    """What one mode tells."""

    def take(self, part: Part) -> bool: ...
    def result(self) -> LDAIMetrics | None: ...


class _Pieces(MessageStream):
    """Chunks of messages: with what LangGraph tells of each, or under the names of parallel chains."""

    def take(self, part: Part) -> bool:
        return True in [self.feed(piece) for piece in _pieces(part)]


class _Updates:
    """Whole messages, as the nodes return them; a graph repeats those of the graphs inside it."""

    def __init__(self) -> None:
        self._seen: set[Any] = set()
        self._read = Each(message)

    def take(self, part: Part) -> bool:
        began = False
        for new in self._new(self._told(part)):
            self._read.feed(new)
            began = began or has_output(new)
        return began

    def result(self) -> LDAIMetrics | None:
        return self._read.result()

    def _told(self, part: Part) -> Any:
        return part.payload

    def _new(self, told: Any, of_history: _OfHistory = answers) -> list[Any]:
        found = {fields(each).get("id") or id(each): each for each in _inside(told, of_history)}
        new = [each for key, each in found.items() if key not in self._seen]
        self._seen.update(found)
        return new


class _Tasks(_Updates):
    """The same, with the task that each node is."""

    def _told(self, part: Part) -> Any:
        return fields(part.payload).get("result")


class _Debug(_Updates):
    """The same, inside what tells of the step."""

    def _told(self, part: Part) -> Any:
        return fields(fields(part.payload).get("payload")).get("result")


class _Values(_Updates):
    """Whole states. What is in a graph's first one was said before; all else is new, whoever is taken for human."""

    def __init__(self) -> None:
        super().__init__()
        self._only: LDAIMetrics | None = None
        self._graphs: set[tuple[str, ...]] = set()

    def take(self, part: Part) -> bool:
        if part.namespace in self._graphs:
            self._only = None
            return super().take(part)
        self._only = None if self._graphs else messages(_inside(part.payload))
        self._graphs.add(part.namespace)
        self._new(part.payload)
        return False

    def result(self) -> LDAIMetrics | None:
        """What came on top; of a single state, which is no stream of a graph, what it answers."""
        return self._only or super().result()

    def _new(self, told: Any, of_history: _OfHistory = _all_answers) -> list[Any]:
        return super()._new(told, of_history)


_VIEWS: dict[str, Callable[[], _View]] = {
    "messages": _Pieces,
    "chains": _Pieces,
    "updates": _Updates,
    "values": _Values,
    "tasks": _Tasks,
    "debug": _Debug,
}
"""The modes that tell of messages; the second is no graph's."""


def _pieces(part: Part) -> list[Any]:
    if part.mode == "messages":
        return [as_chunk(piece) if _is_event(piece) else piece for piece in items(part.payload)[:1]]
    return list(filter(is_answer, part.payload.values())) if part.mode == "chains" else []


def _is_piece(value: Any) -> bool:
    return is_answer(value) and fields(value).get("type") != "ai"


def _in_tuple(parts: Any) -> Part | None:
    if len(parts) == _TRIPLE and isinstance(parts[0], _tuple) and _is_mode(parts[1]):
        return Part(parts[1], parts[0], parts[2])
    if len(parts) != _PAIR:
        return None
    first, payload = parts
    if (is_message(first) or _is_event(first)) and isinstance(payload, dict):
        return Part("messages", (), parts)
    if _is_mode(first):
        return Part(first, (), payload)
    inner = graph_part(payload) if isinstance(first, _tuple) else None
    return None if inner is None else inner._replace(namespace=first)


def _in_event(event: dict[str, Any]) -> Part:
    told = as_dict(event.get("params"))
    return Part(text(event["method"]), tuple(items(told.get("namespace"))), told.get("data"))


def _is_event(value: Any) -> bool:
    return is_message_event(as_dict(value))


def _is_mode(value: Any) -> bool:
    return text(value) in _MODES


def _inside(value: Any, of_history: _OfHistory = answers, depth: int = 0) -> Iterator[Any]:
    """The model's new messages in a state or an update, wherever they are in it."""
    if is_answer(value):
        yield value
    elif is_history(value):
        yield from of_history(value)
    elif depth < _DEEPEST:
        body = as_dict(value if depth else fields(value))  # a state may be an object
        parts = items(value) or body.values()
        for part in parts:
            yield from _inside(part, of_history, depth + 1)


def _total(reading: LDAIMetrics | None) -> int:
    return reading.tokens.total if reading is not None and reading.tokens is not None else 0


GRAPH = Registration(tuple, "chunk", GraphStream, BUILT_IN)
"""What reads a stream of tuples, if the first is a graph's."""
