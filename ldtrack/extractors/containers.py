"""Responses and chunks inside others, told by what carries them: pairs, batches, models that hold a raw response."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ldai.providers.types import LDAIMetrics

from ldtrack._metrics import Outcome, StreamExtractor, StreamExtractorFactory, combined, outcome_in, read
from ldtrack._registration import BUILT_IN, Registration
from ldtrack.extractors import plain
from ldtrack.extractors._fields import fields
from ldtrack.extractors._graph import history, is_answer, is_history
from ldtrack.extractors._graph_stream import GRAPH, graph_part
from ldtrack.extractors._inner import known, known_chunk, read_inner, without_tools

_RAW = "_raw_response"
"""Where instructor keeps the provider's response in the user's own model."""

# Typed so that a checker keeps taking what passes `isinstance` for anything.
_mapping: Any = Mapping
_sequence: Any = (list, tuple)
_tuple: Any = tuple
_list: Any = list
_PAIR = 2


def response_shape(value: Any) -> Registration | None:
    """What reads an object of a class that nobody registered; most carry nothing, which is told by their class."""
    if _RAW in getattr(value, "__dict__", ()):
        return _HOLDER
    if isinstance(value, _sequence):
        return _sequence_shape(value)
    kind: Any = type(value)  # pyright: ignore[reportUnknownVariableType] -- any class
    return plain.response_shape(value) if hasattr(kind, "keys") and issubclass(kind, _mapping) else None


def _sequence_shape(value: Any) -> Registration | None:
    if isinstance(value, _tuple):
        return _pair_shape(*value) if len(value) == _PAIR else None
    if is_history(value) and not all(map(is_answer, value)):
        return _HISTORY
    return _BATCH if value and known(value[0]) is not None else None


def chunk_shape(chunk: Any) -> Registration | None:
    """What reads a stream that this mapping or tuple is a part of; None if nothing tells yet."""
    if isinstance(chunk, _tuple):
        return GRAPH if graph_part(chunk) is not None else _TUPLES if known_part(chunk) is not None else None
    return plain.chunk_shape(chunk) if isinstance(chunk, _mapping) else None


def holder(model: Any) -> LDAIMetrics | None:
    """Read the response that a user's model holds. Its tool call is the model's schema, and no tool."""
    return without_tools(vars(model)[_RAW])


def with_completion(pair: Any) -> LDAIMetrics | None:
    """Read what instructor's `create_with_completion` returns: the user's model, and the response."""
    return without_tools(pair[1])


def with_parsed(pair: Any) -> LDAIMetrics | None:
    """Read what xAI's `parse` returns: the response, and the user's model."""
    return read_inner(pair[0])


def batch(responses: Any) -> LDAIMetrics | None:
    """Read a list of responses: counts add up, and one failure fails the batch; or the chunks of a stream, kept."""
    stream = _kept_stream(responses)
    if stream is not None:
        return _folded(stream, responses)
    readings = [reading for response in _latest(responses) if (reading := read_inner(response)) is not None]
    together = combined(readings)
    if together is None:
        return None
    outcomes = {outcome_in(reading) for reading in readings}
    outcome: Outcome = "error" if "error" in outcomes else outcome_in(together)
    return read(outcome, together.tokens, together.tool_calls or ())


def _latest(responses: Any) -> Any:
    """The responses, without a conversation's messages up to the user's last: they were counted when they came."""
    asked = [place for place, response in enumerate(responses) if fields(response).get("role") == "user"]
    return responses[asked[-1] + 1 :] if asked else responses


def _kept_stream(responses: Any) -> StreamExtractor | None:
    """What folds a list that has a stream's chunks; None if it has responses, which are of the same class."""
    found = known_chunk(responses[0])
    factory: Any = None if found is None else found.extractor
    return factory() if hasattr(factory, "is_one_stream") and factory.is_one_stream(responses) else None


def _folded(stream: StreamExtractor, chunks: Any) -> LDAIMetrics | None:
    for chunk in chunks:
        stream.feed(chunk)
    return stream.result()


class TupleStream:
    """Folds a stream of tuples by the part of each that is a known chunk, such as an index and a message."""

    def __init__(self) -> None:
        self._open: dict[StreamExtractorFactory, StreamExtractor] = {}
        self._latest: StreamExtractor | None = None

    @property
    def complete(self) -> bool:
        """Whether the latest known part's terminal marker was seen."""
        return bool(getattr(self._latest, "complete", True))

    @property
    def usage_option(self) -> str | None:
        """How the latest known part's usage is asked for."""
        return getattr(self._latest, "usage_option", None)

    def feed(self, chunk: Any, /) -> bool:
        """Take a tuple; one without a known part is no output."""
        found = known_part(chunk)
        if found is None:
            return False
        factory, parts = found
        if factory not in self._open:
            self._open[factory] = factory()
        self._latest = extractor = self._open[factory]
        output = [extractor.feed(part) for part in parts]
        return any(output)

    def text(self, chunk: Any, /) -> str:
        """The output in the known part of a tuple, for who estimates its tokens."""
        found = known_part(chunk)
        told: Callable[[Any], str] | None = getattr(self._latest, "text", None)
        return "" if found is None or told is None else told(found[1][0])

    def result(self) -> LDAIMetrics | None:
        """All parts together."""
        return combined(extractor.result() for extractor in self._open.values())


def known_part(chunk: Any) -> tuple[StreamExtractorFactory, Sequence[Any]] | None:
    """The first part of a tuple that is a known chunk, or a list of them, and what makes its stream extractor."""
    for part in chunk:
        chunks: Sequence[Any] = part if isinstance(part, _list) else [part]
        found = known_chunk(chunks[0]) if chunks else None
        if found is not None and found.extractor is not None:
            return found.extractor, chunks
    return None


def _pair_shape(first: Any, second: Any) -> Registration | None:
    if known(second) is not None:
        return _WITH_COMPLETION
    return _WITH_PARSED if known(first) is not None else None


def _shape(test: Callable[[Any], Any], extractor: Callable[[Any], LDAIMetrics | None]) -> Registration:
    return Registration(test, "response", extractor, BUILT_IN)


_HOLDER = _shape(holder, holder)
_WITH_COMPLETION = _shape(with_completion, with_completion)
_WITH_PARSED = _shape(with_parsed, with_parsed)
_BATCH = _shape(batch, batch)
_HISTORY = _shape(history, history)
_TUPLES = Registration(tuple, "chunk", TupleStream, BUILT_IN)
SHAPES = (_HOLDER, _WITH_COMPLETION, _WITH_PARSED, _BATCH, _HISTORY)
"""What is told by what carries it."""
