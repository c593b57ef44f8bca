"""Reading a stream as it passes: when output began, when the last chunk came, what the chunks count up to."""

from __future__ import annotations

import inspect
import os
import weakref
from collections.abc import Mapping
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any, Protocol

from ldtrack import _settings
from ldtrack._checked import checked, never_awaited, truth
from ldtrack._ending import Ending
from ldtrack._estimates import Estimate, model_of
from ldtrack._faults import fault, problem
from ldtrack._folds import LatestFields, Truthy
from ldtrack._metrics import combined, ended_by, read, sums_up, with_final, with_tokens
from ldtrack._names import name_of
from ldtrack._postponed import catch_up
from ldtrack._reading import read_response
from ldtrack._registry import find_chunk
from ldtrack._run import read_exception
from ldtrack._stream_types import is_part

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
        "_estimate",
        "_extractors",
        "_feeds",
        "_final",
        "_finish",
        "_latest",
        "_maybe_ns",
        "_open",
        "_waits_since_ns",
        "began",
        "first_ns",
        "held",
        "last_ns",
        "leaving",
        "mark",
        "run",
        "shows_all",
        "unread",
    )

    def __init__(self, run: Run, finish: Callable[[Ending], None] | None = None) -> None:
        self.run = run
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.began = False
        """Whether the consumer has started; a stream that never started records nothing."""
        self.leaving: BaseException | None = None
        """How the stream ends once its consumer, who is just closing it, is done with that."""
        self.mark = object()
        """Stands for the reader where nothing may keep it alive."""
        self.shows_all = True
        """Whether chunks without output come by. Code that passes on nothing but output leaves out the terminal marker,
        too, so that its absence tells nothing."""
        self._waits_since_ns: int | None = None
        self._finish = finish or run.end
        self.held: Any = None
        """What has to stay alive until the end."""
        self._final: Callable[[], LDAIMetrics | None] | None = None
        self._open = True
        self._feeds: dict[type, Callable[[Any], bool]] = {}
        self._extractors: dict[Any, StreamExtractor] = {}
        self._estimate: Estimate | None = None
        self._latest: LatestFields | None = None
        """Folds what a plain function reads in chunks of all types."""
        self._maybe_ns: int | None = None
        """When output began, if an extractor turns out never to tell."""
        self.unread: type | None = None

    def wait(self) -> None:
        """Leave out the time from now until the consumer starts: nobody waits for the model."""
        self._waits_since_ns = clock()

    def read_at_end(self, final: Callable[[], LDAIMetrics | None]) -> None:
        """Ask the stream object itself when it has ended."""
        self._final = final

    def begin(self) -> None:
        """Note that the consumer starts."""
        self.began = True
        if self._waits_since_ns is not None:
            self.run.resume_clock(self._waits_since_ns)
        open_readers[id(self)] = weakref.ref(self)

    @property
    def is_open(self) -> bool:
        """Whether the stream has begun and not ended."""
        return self.began and self._open

    @property
    def has_output(self) -> bool:
        """Whether a chunk carried output, as far as can be told before the end."""
        return self.first_ns is not None or self._maybe_ns is not None

    def saw(self, chunk: Any) -> None:
        """Note a chunk that is about to reach the consumer."""
        self.last_ns = now = clock()
        try:
            feed, _ = self.feed_for(chunk)
            if feed(chunk) and self.first_ns is None:
                self.first_ns = now
        except Exception as exc:  # noqa: BLE001 -- C7: a failing extractor costs the tokens only
            self.feed_failed(exc, chunk)

    def feed_for(self, chunk: object) -> tuple[Callable[[Any], bool], type | None]:
        """What takes this chunk, and True says that it carried output; and the type of all that it takes unasked."""
        feed = self._feeds.get(type(chunk))
        return (self._feed_first, None) if feed is None else (feed, type(chunk))

    def feed_failed(self, exc: Exception, chunk: object) -> None:
        """Note that an extractor failed on a chunk; whether that was output, its truth value tells."""
        if self.first_ns is None and Truthy().feed(chunk):
            self.first_ns = self.last_ns
        try:
            fault("chunk", self._names(), exc)
        except Exception:
            self.closed()  # in strict mode the consumer gets the fault instead of the chunk
            raise

    def ended(self, exc: BaseException | None) -> None:
        """End the stream: None when drained, `GeneratorExit` when closed, else what it raised or was hit by."""
        if self._open:
            self._conclude()
            exc = self.leaving if exc is None else exc
            closed = isinstance(exc, GeneratorExit)
            ended_ns = self.last_ns if closed and self.last_ns is not None else clock()
            reading = None
            try:
                reading = self.reading(exc, drained=exc is None, quiet=exc is not None)
            finally:  # in strict mode an extractor's fault is raised, but the run has ended all the same
                self.held = None
                option = self._option() if exc is None else None
                self._finish(Ending(exc, reading, self.first_ns, ended_ns, self.unread, True, option=option))  # noqa: FBT003

    def answered(self, response: Any) -> None:
        """End what turned out to be no stream, but a response."""
        if self._open:
            self._conclude()
            ending = Ending(ended_ns=clock())
            try:
                ending.reading, ending.unread = read_response(self.run.plan, response)
            finally:  # as above
                self._finish(ending)

    def _conclude(self) -> None:
        self._open = False
        open_readers.pop(id(self), None)

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

    def __deepcopy__(self, _memo: object) -> StreamReader:
        """A stream that copies its attributes by itself hands on its reader, which there is one of."""
        return self

    def _feed_first(self, chunk: object) -> bool:
        """Take the first chunk of a type, and look once at what the extractor's `feed` is."""
        feed = self._learn(chunk)
        output: Any = feed(chunk)
        if inspect.isawaitable(output):
            self._feeds[type(chunk)] = Truthy().feed
            never_awaited(output)
            problem(self._names(), "has an async `feed`; it has to be a plain method")
            return Truthy().feed(chunk)
        if output is None and Truthy().feed(chunk):
            self._maybe_ns = self._maybe_ns or self.last_ns
        return bool(output)

    def _learn(self, chunk: object) -> Callable[[Any], bool]:
        """Find what reads this type of chunk, once per type."""
        plan, kind = self.run.plan, type(chunk)
        if self._latest is None and plan.extractor is not None and plan.stream_extractor is None:
            self._latest = LatestFields(plan.extractor)
        factory = self._factory(chunk)
        if factory is Truthy and is_part(kind):
            self.unread = None
            return self._follow_part  # not remembered: it would keep the reader alive
        unknown = factory is Truthy and isinstance(chunk, Mapping)
        feed = self._feeds[kind] = self._feed_mapping if unknown else self._feed_of(factory)
        return feed

    def _follow_part(self, stream: Any) -> bool:
        """Take a chunk that is a stream itself: what comes of it comes of this one."""
        from ldtrack._streams import observe_stream

        observe_stream(stream, PartReader(self))
        return False

    def _feed_mapping(self, chunk: Any) -> bool:
        """Take one of several mappings: a later one may be known where the first was not."""
        return self._feed_of(self._factory(chunk))(chunk)

    def _feed_of(self, factory: StreamExtractorFactory) -> Callable[[Any], bool]:
        extractor = self._extractors.get(factory)
        if extractor is None:
            # Two threads may come with the first chunks at once.
            extractor = self._extractors.setdefault(factory, _made(factory))
        feed = extractor.feed if self._latest is None else self._latest.over(extractor.feed)
        estimate = self._estimated()
        return feed if estimate is None else estimate.over(extractor, feed)

    def _estimated(self) -> Estimate | None:
        function = self.run.plan.estimate_tokens or _settings.current.estimate_tokens
        if function is not None and self._estimate is None:
            self._estimate = Estimate(function, model_of(self.run.config))
        return self._estimate

    def _option(self) -> str | None:
        parts = list(self._extractors.values())
        parts.sort(key=sums_up, reverse=True)
        return next(filter(None, (getattr(part, "usage_option", None) for part in parts)), None)

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

    def _names(self) -> str:
        return ", ".join(map(name_of, list(self._extractors.values()))) or self.run.plan.site

    def reading(self, exc: BaseException | None, *, drained: bool, quiet: bool) -> LDAIMetrics | None:
        """All that the chunks, and the exception that ended them, tell.

        Args:
            exc: The exception.
            drained: Whether the stream came to its end by itself.
            quiet: Whether strict mode is silent about faults.
        """
        seen = self._counted(quiet=quiet)
        if exc is not None:
            seen = ended_by(seen, read_exception(exc, self.run.plan.site))
        if self._estimate is not None and (seen is None or seen.tokens is None):
            seen = with_tokens(seen, self._estimate.tokens())
        if drained and self.shows_all and not self._is_complete():
            seen = combined([seen, read("error")])
        return seen

    # Copies of what another thread may add to: it may come with the first chunk just when the process ends.

    def _counted(self, *, quiet: bool) -> LDAIMetrics | None:
        if self.first_ns is None and self._maybe_ns is not None:
            self.first_ns = self._maybe_ns
            problem(self._names(), "returned None from `feed`, not whether the chunk is output", quiet=quiet)
        if self._latest is not None:
            return self._latest.result()
        parts = list(self._extractors.values())
        told = [(sums_up(part), _result(part.result, part, quiet=quiet)) for part in parts]
        counted = with_final(*(combined(reading for sums, reading in told if sums is whole) for whole in (False, True)))
        if self._final is None:
            return counted
        return with_final(counted, _result(self._final, self._final, quiet=quiet))

    def _is_complete(self) -> bool:
        return all(list(map(_is_complete, list(self._extractors.values()))))


class PartReader(StreamReader):
    """Follows a stream that is part of another one, as the messages of a tool runner are."""

    __slots__ = ("_whole",)

    def __init__(self, whole: StreamReader) -> None:
        super().__init__(whole.run)
        self._whole = whole
        self.began = True

    def saw(self, chunk: Any) -> None:
        """Note a chunk, of the whole."""
        self._whole.saw(chunk)

    def ended(self, exc: BaseException | None) -> None:
        """End the whole if this part failed; else there may be more."""
        if isinstance(exc, Exception):
            self._whole.ended(exc)


def _made(factory: StreamExtractorFactory) -> StreamExtractor:
    """A new stream extractor, or one that knows nothing where the factory makes none."""
    name = name_of(factory)
    try:
        extractor: Any = factory()
    except Exception as exc:  # noqa: BLE001 -- C7
        fault("factory", name, exc)
        return Truthy()
    if not all(callable(getattr(extractor, method, None)) for method in ("feed", "result")):
        problem(name, "made %s, which has no `feed` and `result`", type(extractor).__name__)
        return Truthy()
    return extractor  # type: ignore[no-any-return]


def _result(result: Callable[[], LDAIMetrics | None], extractor: Any, *, quiet: bool) -> LDAIMetrics | None:
    try:
        return checked(result(), extractor, quiet=quiet)
    except Exception as exc:  # noqa: BLE001 -- C7
        fault("extractor", name_of(extractor), exc, quiet=quiet)
        return None


def _is_complete(extractor: StreamExtractor) -> bool:
    try:
        complete = getattr(extractor, "complete", True)
    except Exception as exc:  # noqa: BLE001 -- C7
        fault("extractor", name_of(extractor), exc)
        return True
    told = truth(complete)
    if told is None:
        problem(name_of(extractor), "has a `complete` that is no bool (a method is made one by @property)")
    return told is not False


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


def output_has_begun() -> bool:
    """Whether a stream that is being read in this process has brought output."""
    return any(isinstance(reader, StreamReader) and reader.has_output for reader in _still_open())


def _still_open() -> list[Closable]:
    return [reader for reference in open_readers.copy().values() if (reader := reference()) is not None]


if hasattr(os, "register_at_fork"):  # pragma: no branch -- not on Windows
    os.register_at_fork(after_in_child=_disarm)
