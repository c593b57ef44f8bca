"""`track_stream`: the block around a stream, for a tracker one already has, or inside a tracked call."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import perf_counter_ns as clock
from typing import Any, TypeVar

from ldai.tracker import LDAIConfigTracker
from typing_extensions import Self

from ldtrack import _tracker
from ldtrack._checks import check_estimate, check_tool_name
from ldtrack._context import current
from ldtrack._ending import Ending
from ldtrack._errors import LdtrackError
from ldtrack._estimates import EstimateTokens
from ldtrack._fit import check_chunk_extractor
from ldtrack._log import warn_once
from ldtrack._metrics import Extractor, Reading, StreamExtractorFactory, combined, read, token_usage
from ldtrack._moment import Moment
from ldtrack._outcome import is_interruption
from ldtrack._plan import inline_plan
from ldtrack._postponed import is_inside_sdk, postpone
from ldtrack._reader import StreamReader, open_readers
from ldtrack._results import follow_stream
from ldtrack._run import Run
from ldtrack._summary import config_key_of

S = TypeVar("S")


class TrackedStream:
    """The block of `track_stream`: wrap the streams in it, or tell it what happens by hand.

    The run ends with the last wrapped stream; without one, with the block.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._by_hand = StreamReader(run)  # it never begins, and so ends with the block
        self._wrapped = 0
        self._unended: dict[int, tuple[Callable[[], StreamReader | None], Callable[[], Any]]] = {}
        """What reads the streams that may still tell something, and what the caller has of them: weak references."""
        self._endings: list[Ending] = []
        self._told: list[Reading] = []
        self._failed = False
        self._is_open = False
        self._is_left = False
        """Whether the block was left before the streams that it handed on."""

    @property
    def run(self) -> Run:
        """The run that the block belongs to."""
        return self._run

    def wrap(self, stream: S) -> S:
        """Follow a stream, sync or async; it keeps its class and protocols. Wrapped once more, it stays as it is.

        Raises:
            LdtrackError: The block is not open.
            TypeError: It is no stream.
        """
        self._check_open()
        if any(followed() is stream for _, followed in list(self._unended.values())):
            return stream
        self._wrapped = number = self._wrapped + 1
        reader = StreamReader(self._run, partial(self._stream_ended, number))
        followed: S = follow_stream(reader, stream)
        forget = partial(self._stream_forgotten, number)
        self._unended[number] = (weakref.ref(reader, forget), _weakly(followed))
        return followed

    def observe(self, chunk: Any) -> None:
        """Note a chunk of a stream that cannot be wrapped.

        Raises:
            LdtrackError: The block is not open; so for the other methods.
        """
        self._check_open()
        self._by_hand.saw(chunk)

    def first_token(self) -> None:
        """Note that model output begins now; only the first call counts."""
        self._check_open()
        if self._by_hand.first_ns is None:
            self._by_hand.first_ns = clock()

    def tokens(self, *, input: int | None = None, output: int | None = None, total: int | None = None) -> None:
        """Note how many tokens were used; several calls add up.

        Raises:
            ValueError: A count is negative or no whole number.
        """
        self._check_open()
        for name, value in (("input", input), ("output", output), ("total", total)):
            if value is not None and (type(value) is not int or value < 0):
                msg = f"tokens({name}=...) is a whole number from 0 up, not {value!r}"
                raise ValueError(msg)
        self._told.append(read(tokens=token_usage(input, output, total)))

    def tool_call(self, name: str) -> None:
        """Note that the model called a tool.

        Raises:
            TypeError: The name is no string.
        """
        self._check_open()
        check_tool_name(name)
        self._told.append(read(tool_calls=[name]))

    def fail(self) -> None:
        """Note that the generation failed, though nothing was raised."""
        self._check_open()
        self._failed = True

    def __enter__(self) -> Self:
        if self._is_used():
            message = "%s: this tracker already has an outcome: call create_tracker() and track_stream() per stream"
            warn_once("used", self._run.plan.site, message, self._run.plan.site)
        self._is_open = True
        self._run.start_clock()
        return self

    def __exit__(self, _kind: object, exc: BaseException | None, _traceback: object) -> None:
        self._is_open = False
        for reader in self._readers():
            if reader.is_open:
                reader.ended(exc if exc is not None and is_interruption(exc) else GeneratorExit())
        if exc is None and self._unended:
            self._is_left = True  # these were handed on, to be read later: the last of them ends the run
            open_readers[id(self)] = weakref.ref(self)
        else:
            self._conclude(exc)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        self.__exit__(kind, exc, traceback)

    def closed(self) -> None:
        """End the streams that were handed on, and the run with them: the interpreter exits."""
        for reader in self._readers():
            reader.closed()
        if self._is_left:
            self._conclude(None)

    def disarm(self) -> None:
        """Leave the run to the process that this one was forked from."""
        self._is_left = False

    def _check_open(self) -> None:
        if not self._is_open:
            msg = "the block is not open: write `with track_stream(...) as s:`, and use `s` inside"
            raise LdtrackError(msg)

    def _is_used(self) -> bool:
        """Whether what the block will tell is known already."""
        if not self._run.is_open:
            return True
        try:
            return self._run.host is None and _tracker.is_used(self._run.tracker)
        except Exception:  # noqa: BLE001 -- D3: a tracker of the user's own making
            return False

    def _readers(self) -> list[StreamReader]:
        return [reader for known, _ in list(self._unended.values()) if (reader := known()) is not None]

    def _stream_ended(self, number: int, ending: Ending) -> None:
        self._unended.pop(number, None)
        self._endings.append(ending)
        self._settle()

    def _stream_forgotten(self, number: int, _reader: object) -> None:
        """Wait no longer for a stream that nobody will read. Called by the collector, wherever that runs."""
        self._unended.pop(number, None)
        if is_inside_sdk():
            postpone(self._settle)
        else:
            self._settle()

    def _settle(self) -> None:
        if self._is_left and not self._unended:
            self._conclude(None)

    def _conclude(self, exc: BaseException | None) -> None:
        self._is_left = False
        open_readers.pop(id(self), None)
        seen = self._endings or self._told or self._failed or self._by_hand.last_ns or self._by_hand.first_ns
        if self._wrapped and not seen and exc is None:
            self._run.abandon()  # of streams that never started
        else:
            self._run.end(self._ending(exc))
        self._unended.clear()
        self._endings.clear()  # with the exceptions, whose frames may hold this block

    def _ending(self, exc: BaseException | None) -> Ending:
        """The last wrapped stream's ending, or else the block's, with all that was seen and told."""
        last = self._endings[-1] if self._endings else Ending(exc, ended_ns=clock(), unread=self._by_hand.unread)
        untold = None if self._endings else last.exc  # else the ending has what its exception tells
        by_hand = self._by_hand.reading(untold, drained=False, quiet=last.exc is not None)
        seen = [by_hand, *(ending.reading for ending in self._endings)]
        failed = [read("error")] if self._failed else []
        times = [self._by_hand.first_ns, *(ending.first_ns for ending in self._endings)]
        return replace(
            last,
            reading=combined([*self._told, *seen, *failed]),
            first_ns=min((time for time in times if time is not None), default=None),
            streamed=True,
            decides=True,
        )


def _weakly(value: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(value)
    except TypeError:  # its class allows no weak references
        return _nothing


def _nothing() -> None:
    """Stand for a weak reference to what is gone."""


def track_stream(
    tracker: LDAIConfigTracker | None = None,
    *,
    extractor: Extractor | StreamExtractorFactory | None = None,
    estimate_tokens: EstimateTokens | None = None,
) -> TrackedStream:
    """Track the streams of a block; works with `with` and `async with`.

    The clock starts when the block is entered, and the run ends with the last wrapped stream.

    Args:
        tracker: The tracker of this generation; without it, the block joins the tracked call it stands in.
        extractor: Called with each chunk, or a factory of stream extractors; without it, the registry decides.
        estimate_tokens: Counts the output tokens of streams that tell none, see `tracked`.

    Raises:
        LookupError: There is no tracker, and no tracked call around.
        TypeError: The tracker or the extractor is something else.
    """
    if extractor is not None:
        check_chunk_extractor(extractor)
    check_estimate(estimate_tokens)
    if tracker is None:
        return TrackedStream(_joining_run(extractor, estimate_tokens))
    if not hasattr(tracker, "track_duration") or not hasattr(tracker, "get_summary"):
        msg = f"track_stream takes a tracker, such as config.create_tracker(), not {type(tracker).__name__}"
        raise TypeError(msg)
    plan = inline_plan(config_key_of(tracker), extractor, estimate_tokens)
    return TrackedStream(Run(plan, None, None, _tracker.adopt(_tracker.brought(tracker)), Moment()))


def _joining_run(extractor: Any, estimate_tokens: EstimateTokens | None) -> Run:
    around = current.get()
    if around is None:
        msg = (
            "track_stream() joins the tracked call around it, and there is none: "
            "pass a tracker, as in track_stream(config.create_tracker()), or decorate the function with @tracked"
        )
        raise LookupError(msg)
    estimate = estimate_tokens or around.plan.estimate_tokens
    plan = inline_plan(around.config_key, extractor, estimate)
    return Run(plan, around.config, around.context, None, Moment(), around)
