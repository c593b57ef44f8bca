"""`track_stream`: the block around a stream, for a tracker one already has, or inside a tracked call."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter_ns as clock
from typing import Any, TypeVar

from ldai.tracker import LDAIConfigTracker
from typing_extensions import Self

from ldtrack import _tracker
from ldtrack._checks import check_tool_name
from ldtrack._context import current
from ldtrack._ending import Ending
from ldtrack._errors import LdtrackError
from ldtrack._metrics import Extractor, StreamExtractorFactory, combined, read, token_usage
from ldtrack._moment import Moment
from ldtrack._outcome import is_interruption
from ldtrack._plan import inline_plan
from ldtrack._reader import StreamReader
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
        self._by_hand = StreamReader(run, self._note_nothing)
        self._endings: list[Ending] = []
        self._wrapped: list[StreamReader] = []
        self._usage: list[Any] = []
        self._names: list[str] = []
        self._failed = False
        self._entered = False
        self._left = False

    @property
    def run(self) -> Run:
        """The run that the block belongs to."""
        return self._run

    def wrap(self, stream: S) -> S:
        """Follow a stream, sync or async; it keeps its class and protocols.

        Raises:
            TypeError: It is no stream.
        """
        if not self._entered:
            msg = "the block is not open: write `with track_stream(...) as s:` and wrap the stream inside"
            raise LdtrackError(msg)
        reader = StreamReader(self._run, self._stream_ended)
        self._wrapped.append(reader)
        followed: S = follow_stream(reader, stream)
        return followed

    def observe(self, chunk: Any) -> None:
        """Note a chunk of a stream that cannot be wrapped."""
        self._by_hand.saw(chunk)

    def first_token(self) -> None:
        """Note that model output begins now; only the first call counts."""
        if self._by_hand.first_ns is None:
            self._by_hand.first_ns = clock()

    def tokens(self, *, input: int | None = None, output: int | None = None, total: int | None = None) -> None:
        """Note how many tokens were used; several calls add up.

        Raises:
            ValueError: A count is negative or no whole number.
        """
        for name, value in (("input", input), ("output", output), ("total", total)):
            if value is not None and (type(value) is not int or value < 0):
                msg = f"tokens({name}=...) is a whole number from 0 up, not {value!r}"
                raise ValueError(msg)
        self._usage.append(token_usage(input, output, total))

    def tool_call(self, name: str) -> None:
        """Note that the model called a tool.

        Raises:
            TypeError: The name is no string.
        """
        check_tool_name(name)
        self._names.append(name)

    def fail(self) -> None:
        """Note that the generation failed, though nothing was raised."""
        self._failed = True

    def __enter__(self) -> Self:
        self._entered = True
        self._run.start_clock()
        return self

    def __exit__(self, _kind: object, exc: BaseException | None, _traceback: object) -> None:
        self._entered = False
        for reader in self._wrapped:
            if reader.is_open:
                reader.ended(exc if exc is not None and is_interruption(exc) else GeneratorExit())
        if exc is None and self._awaits_its_stream():
            self._left = True  # the stream was handed on, to be read later: it ends the run
        else:
            self._run.end(self._ending(exc))

    def _awaits_its_stream(self) -> bool:
        told = self._usage or self._names or self._failed or self._by_hand.last_ns or self._by_hand.first_ns
        return bool(self._wrapped) and not self._endings and not told

    def _stream_ended(self, ending: Ending) -> None:
        self._endings.append(ending)
        if self._left:
            self._run.end(self._ending(None))

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: object, exc: BaseException | None, traceback: object) -> None:
        self.__exit__(kind, exc, traceback)

    def _note_nothing(self, ending: Ending) -> None:
        """Stand for the end of what was observed by hand, which ends with the block."""

    def _ending(self, exc: BaseException | None) -> Ending:
        """The last wrapped stream's ending, or else the block's, with all that was seen and told."""
        last = self._endings[-1] if self._endings else Ending(exc, ended_ns=clock(), unread=self._by_hand.unread)
        seen = [self._by_hand.reading(last.exc, drained=False), *(ending.reading for ending in self._endings)]
        told = [read(tokens=usage) for usage in self._usage] + ([read(tool_calls=self._names)] if self._names else [])
        failed = [read("error")] if self._failed else []
        times = [self._by_hand.first_ns, *(ending.first_ns for ending in self._endings)]
        return replace(
            last,
            reading=combined([*told, *seen, *failed]),
            first_ns=min((time for time in times if time is not None), default=None),
            streamed=True,
            decides=True,
        )


def track_stream(
    tracker: LDAIConfigTracker | None = None, *, extractor: Extractor | StreamExtractorFactory | None = None
) -> TrackedStream:
    """Track the streams of a block; works with `with` and `async with`.

    The clock starts when the block is entered, and the run ends with the last wrapped stream.

    Args:
        tracker: The tracker of this generation; without it, the block joins the tracked call it stands in.
        extractor: Called with each chunk, or a factory of stream extractors; without it, the registry decides.

    Raises:
        LookupError: There is no tracker, and no tracked call around.
        TypeError: The tracker or the extractor is something else.
    """
    if extractor is not None and not callable(extractor):
        msg = f"extractor= is a function of a chunk, or a factory of stream extractors, not {extractor!r}"
        raise TypeError(msg)
    if tracker is None:
        return TrackedStream(_joining_run(extractor))
    if not hasattr(tracker, "track_duration") or not hasattr(tracker, "get_summary"):
        msg = f"track_stream takes a tracker, such as config.create_tracker(), not {type(tracker).__name__}"
        raise TypeError(msg)
    plan = inline_plan(config_key_of(tracker), extractor)
    moment = Moment()
    moment.run = None
    return TrackedStream(Run(plan, None, None, _tracker.adopt(tracker), moment))


def _joining_run(extractor: Any) -> Run:
    around = current.get()
    if around is None:
        msg = (
            "track_stream() joins the tracked call around it, and there is none: "
            "pass a tracker, as in track_stream(config.create_tracker()), or decorate the function with @tracked"
        )
        raise LookupError(msg)
    plan = inline_plan(around.config_key, extractor)
    return Run(plan, around.config, around.context, None, Moment(), around)
