"""A run: one execution of a tracked call, with one tracker and at most one outcome."""

from __future__ import annotations

import threading
from functools import partial
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any

from ldai.tracker import FeedbackKind

from ldtrack import _events, _settings, _tracker
from ldtrack._context import current
from ldtrack._ending import Ending, Figures, figures_of, merged
from ldtrack._faults import fault
from ldtrack._log import warn_once
from ldtrack._metrics import read
from ldtrack._postponed import catch_up, is_inside_sdk, postpone, waiting
from ldtrack._registry import find_exception
from ldtrack._summary import RunSummary, summarise

if TYPE_CHECKING:
    from contextvars import Token

    from ldclient import Context
    from typing_extensions import Self

    from ldtrack._plan import Plan

# Taken only by runs that others joined. Re-entrant, since a finaliser can end a run while another is ending.
_joining = threading.RLock()


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
        "_started_ns",
        "_token",
        "_tracker",
        "config_key",
        "context",
        "parent",
        "plan",
    )

    def __init__(self, plan: Plan, config: Any, context: Context | None, tracker: Any, parent: Run | None) -> None:
        self.plan = plan
        self._config = config
        self.config_key = plan.config_key
        self.context = context
        self._tracker = tracker
        self.parent = parent
        self._open: list[None] = [None]
        self._joined: list[Ending] | None = None
        self._by_hand: list[str] | None = None
        self._figures: Figures | None = None
        self._started_ns = 0
        self._token: Token[Run | None] | None = None

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
        """Record what the user thought of the result. LaunchDarkly keeps the first per run."""
        kind = FeedbackKind.Positive if positive else FeedbackKind.Negative
        self._guarded(lambda: self.tracker.track_feedback({"kind": kind}))

    def tool_call(self, name: str) -> None:
        """Record that the model called a tool; the extractor's own tool calls are then not sent.

        While the run is open, the event waits for its end.
        """
        if self.is_open:
            self._by_hand = [*(self._by_hand or ()), name]
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
            current.reset(self._token)  # type: ignore[arg-type]  # entered before
        except ValueError:  # left in another context than it was entered in, as a closed coroutine can be
            pass
        if exc is not None:
            self.end(Ending(exc, read_exception(exc, self.plan.site), None, clock()))

    @property
    def host(self) -> Run | None:
        """The run that this one adds to; None for a run that counts by itself."""
        return None

    @property
    def bare_tracker(self) -> Any:
        """The tracker as the SDK made it."""
        return self._tracker

    @property
    def is_open(self) -> bool:
        """Whether the run has not ended."""
        return bool(self._open)

    def start_clock(self) -> None:
        """Count from now."""
        self._started_ns = clock()

    def resume_clock(self, since_ns: int) -> None:
        """Leave out the time since then: nobody waited for the model."""
        self._started_ns += clock() - since_ns

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
        try:
            self._conclude(ending, quiet=quiet)
            if waiting:
                catch_up()
        except Exception as exc:  # noqa: BLE001 -- D3: a fault of ours is not the user's
            fault("run", self.plan.site, exc, quiet=quiet)

    def discard(self) -> None:
        """End the run without recording anything."""
        self._open.clear()

    def join(self, ending: Ending) -> bool:
        """Take in a call that belongs to this run; False when the run has ended meanwhile."""
        with _joining:
            if not self._open or self._joined is None:
                return False
            self._joined.append(ending)
            return True

    def expect_joins(self) -> None:
        """Prepare for calls that join."""
        with _joining:
            if self._joined is None:
                self._joined = []

    # How a run concludes.

    def _conclude(self, ending: Ending, *, quiet: bool) -> None:
        self._record(self._tracker, ending, None if self._joined is None else self._take_joined(), quiet=quiet)

    def _record(self, tracker: Any, ending: Ending, joined: list[Ending] | None, *, quiet: bool) -> None:
        figures = self._figures = figures_of(self.plan, self._started_ns, ending, joined, self._by_hand)
        if tracker is not None:
            if ending.unread is not None and figures.tokens is None and not joined:
                warn_unread(self.plan.site, ending.unread, tracker, streamed=ending.streamed)
            _events.send(tracker, figures, self.plan.site, quiet=quiet)
        if _settings.current.on_finish is not None:
            self._tell(_settings.current.on_finish, quiet=quiet)

    def _take_joined(self) -> list[Ending] | None:
        if self._joined is None:
            return None
        with _joining:
            joined, self._joined = self._joined, None
        return joined

    def _tell(self, on_finish: Any, *, quiet: bool) -> None:
        try:
            on_finish(self.summary)
        except Exception as exc:  # noqa: BLE001 -- A8: off the caller's exception path
            fault("on_finish", self.plan.site, exc, quiet=quiet)

    def _guarded(self, action: Any) -> None:
        try:
            action()
        except Exception as exc:  # noqa: BLE001 -- D3
            fault("event", self.plan.site, exc)


class JoinedRun(Run):
    """A call inside a run of the same config: it adds to that run instead of counting by itself."""

    __slots__ = ("_host",)

    def __init__(self, plan: Plan, config: Any, context: Context | None, host: Run, parent: Run | None) -> None:
        super().__init__(plan, config, context, host.bare_tracker, parent)
        self._host: Run | None = host
        host.expect_joins()

    @property
    def host(self) -> Run | None:
        return self._host

    def _conclude(self, ending: Ending, *, quiet: bool) -> None:
        joined = self._take_joined()
        if hand_over(self._host, merged(ending, joined, self._by_hand)):
            self._figures = figures_of(self.plan, self._started_ns, ending, joined, self._by_hand)
            return
        self._host = None
        self._tracker = None if self._tracker is None else _tracker.fresh_tracker(self._config)
        self._record(self._tracker, ending, joined, quiet=quiet)


class ManagedRun(Run):
    """A call through LaunchDarkly's managed runner, which tracks by itself."""

    __slots__ = ("_host",)

    def __init__(
        self, plan: Plan, config: Any, context: Context | None, tracker: Any, parent: Run | None, host: Run | None
    ) -> None:
        super().__init__(plan, config, context, tracker, parent)
        self._host = host
        if host is not None:
            host.expect_joins()

    @property
    def host(self) -> Run | None:
        return self._host

    def _conclude(self, ending: Ending, *, quiet: bool) -> None:
        joined = self._take_joined()
        self._figures = figures_of(self.plan, self._started_ns, ending, joined, self._by_hand)
        for name in self._by_hand or ():
            self._guarded(partial(self.tracker.track_tool_call, name))
        if self._host is not None and self._tracker is not None:
            # The runner recorded on a tracker that sends nothing; the run around it counts that.
            tracked = self.tracker.get_summary()
            names = _tracker.tool_calls_by_hand(self.tracker)
            hand_over(self._host, Ending(reading=read("success", tracked.tokens, names)))
        if _settings.current.on_finish is not None:
            self._tell(_settings.current.on_finish, quiet=quiet)


def hand_over(host: Run | None, ending: Ending) -> bool:
    """Give a joined call's ending to the innermost run around it that is still open; False if none is."""
    while host is not None:
        if host.join(ending):
            return True
        host = host.host
    return False


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


def warn_unread(site: str, kind: type, tracker: Any, *, streamed: bool) -> None:
    """Say once per call site that nobody knows where the tokens are, unless they were tracked by hand."""
    if tracker.get_summary().tokens is not None:
        return
    warn_once(
        "unread",
        site,
        "%s: no extractor knows %s.%s, so its tokens are not tracked. %s the provider's own %s, add an extractor "
        "with `@%s(%s)`, or report them with `current_run().tracker.track_tokens(...)`",
        site,
        kind.__module__,
        kind.__qualname__,
        "Yield" if streamed else "Return",
        "chunks" if streamed else "response",
        "register_stream_extractor" if streamed else "register_extractor",
        kind.__qualname__,
    )
