"""Runs that do not count by themselves: calls inside a run of the same config, and those of managed runners."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ldtrack import _events, _settings, _tracker
from ldtrack._ending import Ending, Figures, figures_of, merged
from ldtrack._metrics import read
from ldtrack._run import Run

if TYPE_CHECKING:
    from ldclient import Context

    from ldtrack._metrics import Outcome
    from ldtrack._moment import Moment
    from ldtrack._plan import Plan


class JoinedRun(Run):
    """A call inside a run of the same config: it adds to that run instead of counting by itself."""

    __slots__ = ("_host",)

    def __init__(self, plan: Plan, config: Any, context: Context | None, host: Run, moment: Moment) -> None:
        super().__init__(plan, config, context, host.bare_tracker, moment)
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
        has_own = self._tracker is not None and self._config is not None
        self._tracker = _tracker.fresh_tracker(self._config) if has_own else None
        self._joined = joined
        super()._conclude(ending, quiet=quiet)


class ManagedRun(Run):
    """A call through LaunchDarkly's managed runner, which tracks by itself."""

    __slots__ = ("_host",)

    def __init__(  # noqa: PLR0917 -- a run's parts, and its host
        self, plan: Plan, config: Any, context: Context | None, tracker: Any, moment: Moment, host: Run | None
    ) -> None:
        super().__init__(plan, config, context, tracker, moment)
        self._host = host
        if host is not None:
            host.expect_joins()

    @property
    def host(self) -> Run | None:
        return self._host

    def _conclude(self, ending: Ending, *, quiet: bool) -> None:
        self._figures = figures_of(self.plan, self._started_ns, ending, self._take_joined(), self._by_hand)
        if self._tracker is not None:
            for name in self._by_hand or ():
                self._guarded(partial(self.tracker.track_tool_call, name))
            if self._host is not None:
                self._pass_on(self._host, quiet=quiet)
        if _settings.current.on_finish is not None:
            self._tell(_settings.current.on_finish, quiet=quiet)

    def _pass_on(self, host: Run, *, quiet: bool) -> None:
        """Give what the runner recorded, on a tracker that sends nothing, to the run around; else send it now."""
        tracked = self.tracker.get_summary()
        names = list(_tracker.tool_calls_by_hand(self.tracker))
        if hand_over(host, Ending(reading=read("success", tracked.tokens, names))):
            return
        self._host = None
        if tracked.duration_ms is not None:
            outcome: Outcome = None if tracked.success is None else "success" if tracked.success else "error"
            figures = Figures(outcome, tracked.duration_ms, tracked.time_to_first_token, tracked.tokens, names)
            self._tracker = _tracker.fresh_tracker(self._config)
            try:
                _events.send(self._tracker, figures)
            except Exception as exc:  # noqa: BLE001 -- D3
                _events.send_rest(self._tracker, figures, self.plan.site, exc, quiet=quiet)


def hand_over(host: Run | None, ending: Ending) -> bool:
    """Give a joined call's ending to the innermost run around it that is still open; False if none is."""
    while host is not None:
        if host.join(ending):
            return True
        host = host.host
    return False
