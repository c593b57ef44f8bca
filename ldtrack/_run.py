"""A run: one execution of a tracked call, with one tracker and at most one outcome."""

from __future__ import annotations

import os
import threading
from functools import partial
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any

from ldai.tracker import FeedbackKind, LDAIConfigTracker

from ldtrack import _events, _settings, _tracker
from ldtrack._checks import check_positive, check_tool_name
from ldtrack._context import current
from ldtrack._ending import Ending, Figures, figures_of
from ldtrack._faults import fault
from ldtrack._joined import Joined, merged, with_tracked
from ldtrack._muting import is_mute
from ldtrack._postponed import catch_up, is_inside_sdk, postpone, waiting
from ldtrack._registry import find_exception
from ldtrack._summary import RunSummary, summarise
from ldtrack._unread import warn_unasked, warn_unread

if TYPE_CHECKING:
    from ldai.providers.types import LDAIMetrics
    from ldclient import Context
    from typing_extensions import Self

    from ldtrack._moment import Moment
    from ldtrack._plan import Plan

# Taken only by runs that others joined. Re-entrant, since a finaliser can end a run while another is ending.
_joining = threading.RLock()


def _begin_anew() -> None:
    global _joining  # noqa: PLW0603 -- another thread of the parent may have held it
    _joining = threading.RLock()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- not on Windows
    os.register_at_fork(after_in_child=_begin_anew)


class Run:
    """One execution of a tracked call.

    `current_run()` gives it, as does a parameter annotated `Run`.
    """

    __slots__ = (
        "__weakref__",
        "_by_hand",
        "_config",
        "_figures",
        "_joined",
        "_open",
        "_pauses",
        "_started_ns",
        "_token",
        "_tracker",
        "around",
        "config_key",
        "context",
        "host",
        "muted",
        "parent",
        "plan",
    )

    def __init__(  # noqa: PLR0917 -- a run's parts
        self, plan: Plan, config: Any, context: Context | None, tracker: Any, moment: Moment, host: Run | None = None
    ) -> None:
        self.plan = plan
        self._config = config
        self.config_key = plan.config_key
        self.context = context
        self.around = moment.context
        """The ambient context of the call, for what its generator's body calls later and elsewhere."""
        self.muted = moment.muted
        """Whether nothing of this run is sent."""
        self._tracker = tracker
        parent = moment.run
        self.parent = parent if parent is None or parent._open else open_run(parent)  # noqa: SLF001 -- its own kind
        self._open: list[None] = [None]
        self.host = host
        """The run that this one adds to; None for a run that counts by itself."""
        self._joined: Joined | None = None
        self._by_hand: list[str] | None = None
        self._figures: Figures | None = None
        self._started_ns = 0
        self._pauses: tuple[tuple[int, int], ...] = ()
        self._token: Any = None
        if host is not None:
            host.expect_joins()

    def __repr__(self) -> str:
        state = "open" if self.is_open else "ended"
        return f"<{type(self).__name__} of {self.config_key!r}, {state}>"

    # What users call.

    @property
    def config(self) -> Any:
        """The AI config of this call. Its `create_tracker()` gives this run's tracker while that is unused."""
        # Tied only when somebody asks: most calls never do, and it costs more than the rest of the run.
        if self._config is not None:
            _tracker.tie(self._config)
        return self._config

    @property
    def tracker(self) -> Any:
        """The SDK's tracker of this run; what is tracked on it by hand is not tracked again."""
        if self._tracker is None and self.host is not None:
            self._make_tracker(self.host)
        return _tracker.adopt(self._tracker)

    @property
    def resumption_token(self) -> str:
        """The token with which `send_feedback` finds this run later, in this process or another."""
        return str(self.tracker.resumption_token)

    @property
    def summary(self) -> RunSummary:
        """What is known of the run so far."""
        return summarise(self, self._figures)

    def feedback(self, *, positive: bool) -> None:
        """Record what the user thought of the result. LaunchDarkly keeps the first per run.

        Raises:
            TypeError: `positive` is neither True nor False.
        """
        check_positive(positive)
        kind = FeedbackKind.Positive if positive else FeedbackKind.Negative
        self._guarded(lambda: self.tracker.track_feedback({"kind": kind}))

    def tool_call(self, name: str) -> None:
        """Record that the model called a tool; the extractor's own tool calls are then not sent.

        While the run is open, the event waits for its end.

        Raises:
            TypeError: The name is no string.
        """
        check_tool_name(name)
        if self.is_open:
            self._by_hand = [*(self._by_hand or ()), name]
        elif self.host is not None:
            self.host.tool_call(name)
        else:
            self._guarded(lambda: self.tracker.track_tool_call(name))

    def judge_result(self, result: Any) -> None:
        """Record what a LaunchDarkly judge (`ldai.JudgeResult`) found."""
        self._guarded(lambda: self.tracker.track_judge_result(result))

    # What the shapes and streams call.

    def __enter__(self) -> Self:
        self._token = current.set(self)
        self._started_ns = self._started_ns or clock()  # entered again, it goes on counting
        return self

    def __exit__(self, _kind: object, exc: BaseException | None, _traceback: object) -> None:
        try:
            current.reset(self._token)
        except ValueError:  # left in another context than it was entered in, as a closed coroutine can be
            pass
        if exc is not None:
            self.raised(exc)

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended."""
        return bool(self._open)

    def start_clock(self) -> None:
        """Count from now."""
        self._started_ns = clock()

    def resume_clock(self, since_ns: int) -> None:
        """Leave out the time since then: nobody waited for the model."""
        if self._pauses and since_ns < self._pauses[-1][1]:
            return  # somebody else, who waits for the same, has resumed it
        now = clock()
        self._pauses = (*self._pauses, (since_ns, now))
        self._started_ns += now - since_ns

    def elapsed_ms(self, at_ns: int) -> int:
        """Whole milliseconds that had counted at a time of the process's clock."""
        elapsed_ns = at_ns - self._started_ns
        for since_ns, until_ns in self._pauses:  # those after that time had not been left out yet
            elapsed_ns += max(0, until_ns - max(at_ns, since_ns))
        return max(0, elapsed_ns) // 1_000_000

    def end(self, ending: Ending) -> None:
        """End the run; only the first end counts, whichever thread comes with it."""
        quiet = ending.exc is not None
        if quiet and isinstance(ending.exc, GeneratorExit) and is_inside_sdk():
            postpone(partial(self.end, ending))
            return
        try:
            self._open.pop()
        except IndexError:
            return
        # Else runs that start one another, such as a job that schedules its next turn, would be a chain for ever.
        if self.parent is not None:
            self.parent = open_run(self.parent)
        try:
            self._conclude(ending, quiet=quiet)
            if waiting:
                catch_up()
        except Exception as exc:  # noqa: BLE001 -- D3: a fault of ours is not the user's
            fault("run", self.plan.site, exc, quiet=quiet)

    def returned(self, reading: LDAIMetrics, ended_ns: int) -> None:
        """End a run with what a built-in extractor read: `end`, spelt out for the way that most calls take (I1).

        Nobody was told of the run, and nobody has seen its tracker, so all that is known is new to it.
        """
        tracker = self._tracker
        alone = self.parent is None and self._joined is None and self._by_hand is None and not self.muted
        if not alone or type(tracker) is not LDAIConfigTracker or _settings.current.on_finish is not None or waiting:
            self.end(Ending(None, reading, None, ended_ns))
            return
        try:
            self._open.pop()
        except IndexError:
            return
        try:
            _events.send_all(tracker, reading, (ended_ns - self._started_ns) // 1_000_000)
        except Exception as exc:  # noqa: BLE001 -- D3
            figures = figures_of(self.plan, Ending(None, reading, None, ended_ns), self.elapsed_ms)
            _events.send_rest(tracker, figures, self.plan.site, exc, quiet=False)

    def raised(self, exc: BaseException) -> None:
        """End a run whose call raised."""
        ended_ns = clock()  # before anything is read of the exception
        self.end(Ending(exc, read_exception(exc, self.plan.site), None, ended_ns))

    def discard(self) -> None:
        """End a run whose result is counted already; what joined it or was told by hand is not lost."""
        self.end(Ending(ended_ns=clock(), idle=True))

    def forget(self) -> None:
        """Record nothing of a call that never was."""
        self._open.clear()

    def abandon(self) -> None:
        """End a run whose stream nobody ever started: nothing is known of it but what was added to it."""
        if self._by_hand or (self._joined is not None and self._joined.any):
            self.end(Ending(GeneratorExit(), ended_ns=clock(), idle=True))

    def join(self, ending: Ending) -> bool:
        """Take in a call that belongs to this run; False when the run has ended meanwhile."""
        with _joining:
            if not self._open or self._joined is None:
                return False
            self._joined.add(ending)
            return True

    def expect_joins(self) -> None:
        """Prepare for calls that join."""
        with _joining:
            if self._joined is None:
                self._joined = Joined()

    def _make_tracker(self, host: Run) -> None:
        with _joining:
            self._tracker = self._tracker or _tracker.of_joined(host.tracker)

    # How a run concludes.

    def _conclude(self, ending: Ending, *, quiet: bool) -> None:
        """Work out the figures, and send what the tracker does not have."""
        joined = self._take_joined()
        if joined is not None or self._by_hand:
            ending = merged(ending, joined or Joined(), self._by_hand)
        if self.host is not None and self._tracker is not None:
            ending = with_tracked(ending, self._tracker, self._started_ns)
        others = joined is not None and joined.any
        counts = others or bool(self._by_hand) or not ending.idle
        figures = self._figures = figures_of(self.plan, ending, self.elapsed_ms) if counts else None
        if self.host is not None and self._is_handed_over(ending):
            return
        if figures is not None:
            self._record(ending, figures, others=others, quiet=quiet)
        if _settings.current.on_finish is not None:
            self._tell(_settings.current.on_finish, quiet=quiet)

    def _take_joined(self) -> Joined | None:
        if self._joined is None:
            return None
        with _joining:
            joined, self._joined = self._joined, None
        return joined

    def _is_handed_over(self, ending: Ending) -> bool:
        """Give a joined call's ending to the innermost run around it that is still open; else it counts by itself."""
        host = self.host
        while host is not None:
            if host.join(ending):
                return True
            host = host.host
        self.host = None
        self._tracker = None if self._config is None else _tracker.fresh_tracker(self._config)
        return False

    def _record(self, ending: Ending, figures: Figures, *, others: bool, quiet: bool) -> None:
        tracker = self._tracker
        if tracker is None or not self._is_heard:
            return
        if ending.unread is not None and figures.tokens is None and not others:
            warn_unread(self.plan, ending.unread, tracker, streamed=ending.streamed)
        option = ending.option or getattr(ending.reading, "usage_option", None)
        if option is not None and figures.tokens is None and not others:
            warn_unasked(self.plan.site, option, tracker)
        _events.record(tracker, figures, self.plan.site, quiet=quiet)

    def _tell(self, on_finish: Any, *, quiet: bool) -> None:
        try:
            on_finish(self.summary)
        except Exception as exc:  # noqa: BLE001 -- A8: off the caller's exception path
            fault("on_finish", self.plan.site, exc, quiet=quiet)

    @property
    def _is_heard(self) -> bool:
        """Whether the tracker may be told: a muted run's own one sends nothing, but the caller's would."""
        if self.host is not None:
            return not self.muted and self.host._is_heard  # noqa: SLF001 -- its own kind
        return not self.muted or is_mute(self._tracker)

    def _guarded(self, action: Any) -> None:
        try:
            if self._is_heard:
                action()
        except Exception as exc:  # noqa: BLE001 -- D3
            fault("event", self.plan.site, exc)


def open_run(run: Run | None) -> Run | None:
    """The run, or the innermost one around it, that has not ended."""
    while run is not None and not run.is_open:
        run = run.parent
    return run


def current_run() -> Run:
    """Give the run of the tracked call that is executing.

    Raises:
        LookupError: No tracked call is.
    """
    run = current.get()
    if run is None:
        msg = "current_run() works only inside a function decorated with @tracked"
        raise LookupError(msg)
    return run


def read_exception(exc: BaseException, site: str) -> Any:
    """The tokens that some SDKs' exceptions carry."""
    try:
        found = find_exception(exc)
        return None if found is None or found.extractor is None else found.extractor(exc)
    except Exception as failure:  # noqa: BLE001 -- D3
        fault("extractor", site, failure, quiet=True)
        return None
