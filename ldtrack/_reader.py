"""Reading a stream as it passes: when output began, when the last chunk came, what the chunks count up to."""

from __future__ import annotations

import atexit
import os
import weakref
from collections.abc import Mapping
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any, Protocol

from ldtrack._checked import checked
from ldtrack._ending import Ending
from ldtrack._faults import fault
from ldtrack._folds import Truthy, latest_fields
from ldtrack._metrics import combined, read
from ldtrack._names import name_of
from ldtrack._postponed import catch_up
from ldtrack._registry import find_chunk
from ldtrack._run import read_exception

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldai.providers.types import LDAIMetrics

    from ldtrack._metrics import StreamExtractor, StreamExtractorFactory
    from ldtrack._run import Run


class Closable(Protocol):
    """What has to be finished before the interpreter exits, but not in a forked child."""

    def closed(self) -> None: ...
    def disarm(self) -> None: ...


# By identity: unlike a `WeakSet`, a dict can be copied while other threads change it.
open_readers: dict[int, weakref.ref[Closable]] = {}


class StreamReader:
    """Follows one stream of a run; keeps counters and times, never chunks."""

    __slots__ = (
        "__weakref__",
        "_extractors",
        "_feeds",
        "_finish",
        "_open",
        "began",
        "first_ns",
        "last_ns",
        "run",
        "stepping",
        "unread",
    )

    def __init__(self, run: Run, finish: Callable[[Ending], None] | None = None) -> None:
        self.run = run
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.began = False
        """Whether the consumer has started; a stream that never started records nothing."""
        self.stepping = False
        """Whether a step of the stream is under way: a step inside a step is the SDK's own business."""
        self._finish = finish or run.end
        self._open = True
        self._feeds: dict[type, Callable[[Any], bool]] = {}
        self._extractors: dict[Any, StreamExtractor] = {}
        self.unread: type | None = None

    def begin(self) -> None:
        """Note that the consumer has started."""
        if not self.began:
            self.began = True
            open_readers[id(self)] = weakref.ref(self)

    @property
    def is_open(self) -> bool:
        """Whether the stream has begun and not ended."""
        return self.began and self._open

    def saw(self, chunk: Any) -> None:
        """Note a chunk that is about to reach the consumer."""
        self.last_ns = now = clock()
        try:
            if self.feed_for(chunk)(chunk) and self.first_ns is None:
                self.first_ns = now
        except Exception as exc:  # noqa: BLE001 -- C7: a failing extractor costs the tokens only
            self.feed_failed(exc)

    def feed_for(self, chunk: object) -> Callable[[Any], bool]:
        """What takes the chunks of this one's type; True says that a chunk carried output."""
        return self._feeds.get(type(chunk)) or self._learn(chunk)

    def feed_failed(self, exc: Exception) -> None:
        """Note that an extractor failed on a chunk."""
        names = ", ".join(name_of(extractor) for extractor in self._extractors.values())
        fault("chunk", names or self.run.plan.site, exc)

    def ended(self, exc: BaseException | None) -> None:
        """End the stream: None when drained, `GeneratorExit` when closed, else what it raised or was hit by."""
        if not self._open:
            return
        self._open = False
        open_readers.pop(id(self), None)
        closed = isinstance(exc, GeneratorExit)
        ended_ns = self.last_ns if closed and self.last_ns is not None else clock()
        reading = self.reading(exc, drained=exc is None)
        self._finish(Ending(exc, reading, self.first_ns, ended_ns, self.unread, streamed=True))

    def disarm(self) -> None:
        """Never end the run: somebody else will."""
        self._open = False

    def closed(self) -> None:
        """End a stream that its consumer closed or forgot."""
        if self.began:
            self.ended(GeneratorExit())
        elif self._finish == self.run.end:  # no block is around that decides
            self.run.abandon()

    def __del__(self) -> None:
        self.closed()

    def _learn(self, chunk: object) -> Callable[[Any], bool]:
        """Find what reads this type of chunk, once per type."""
        factory, kind = self._factory(chunk), type(chunk)
        if factory is Truthy and isinstance(chunk, Mapping):
            feed: Callable[[Any], bool] = self._feed_mapping
        else:
            feed = self._extractor(factory).feed
        self._feeds[kind] = feed
        return feed

    def _feed_mapping(self, chunk: Any) -> bool:
        """Take one of several mappings: a later one may be known where the first was not."""
        return self._extractor(self._factory(chunk)).feed(chunk)

    def _extractor(self, factory: StreamExtractorFactory) -> StreamExtractor:
        extractor = self._extractors.get(factory)
        if extractor is None:
            extractor = self._extractors[factory] = self._make(factory)
        return extractor

    def _factory(self, chunk: object) -> StreamExtractorFactory:
        plan = self.run.plan
        if plan.stream_extractor is not None:
            return plan.stream_extractor
        found = find_chunk(chunk)
        if found is not None and found.extractor is not None:
            self.unread = None
            return found.extractor
        if plan.extractor is None:
            self.unread = type(chunk)
        return Truthy

    def _make(self, factory: StreamExtractorFactory) -> StreamExtractor:
        extractor = factory()
        plan = self.run.plan
        if plan.extractor is None or plan.stream_extractor is not None:
            return extractor
        return latest_fields(plan.extractor, extractor)

    def reading(self, exc: BaseException | None, *, drained: bool) -> LDAIMetrics | None:
        """All that the chunks, and the exception that ended them, tell."""
        readings = [_result(extractor) for extractor in self._extractors.values()]
        if exc is not None:
            readings.append(read_exception(exc, self.run.plan.site))
        if drained and not all(_is_complete(extractor) for extractor in self._extractors.values()):
            readings.append(read("error"))
        return combined(readings)


def _result(extractor: StreamExtractor) -> LDAIMetrics | None:
    try:
        return checked(extractor.result(), extractor)
    except Exception as exc:  # noqa: BLE001 -- C7
        fault("extractor", name_of(extractor), exc, quiet=True)
        return None


def _is_complete(extractor: StreamExtractor) -> bool:
    try:
        return bool(getattr(extractor, "complete", True))
    except Exception as exc:  # noqa: BLE001 -- C7
        fault("extractor", name_of(extractor), exc, quiet=True)
        return True


def end_open_streams() -> None:
    """Finish the streams that are still open when the interpreter exits."""
    for reader in _still_open():
        reader.closed()
    catch_up()


def _disarm() -> None:
    """Leave the streams that were open before a fork to the parent process, which has them, too."""
    for reader in _still_open():
        reader.disarm()
    open_readers.clear()


def _still_open() -> list[Closable]:
    return [reader for reference in open_readers.copy().values() if (reader := reference()) is not None]


atexit.register(end_open_streams)
if hasattr(os, "register_at_fork"):  # pragma: no branch -- not on Windows
    os.register_at_fork(after_in_child=_disarm)
