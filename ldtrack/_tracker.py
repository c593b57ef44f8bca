"""The SDK's tracker, with what ldtrack needs to know of it: tool calls made by hand, and one outcome."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from ldai.tracker import LDAIConfigTracker

from ldtrack._checks import is_name
from ldtrack._clients import meet
from ldtrack._context import current
from ldtrack._log import logger, warn_once
from ldtrack._muting import Silence, mute


class RunTracker(LDAIConfigTracker):
    """The tracker of a run.

    A tracker that the SDK made becomes one by a change of its class: it stays the same object, and sends the
    same events.
    """

    _tool_calls_by_hand: tuple[str, ...] = ()
    _outcomes: list[None]

    @property
    def tool_calls_by_hand(self) -> tuple[str, ...]:
        """The single tool calls that the SDK's summary does not know."""
        return self._tool_calls_by_hand

    def track_tool_call(self, tool_key: str) -> None:
        if not is_name(tool_key):  # the SDK would drop a whole batch of events as not JSON
            kind = type(tool_key).__name__
            warn_once("tool call", kind, "track_tool_call takes the tool's name: a %s was not sent", kind)
            return
        self._tool_calls_by_hand = (*self._tool_calls_by_hand, tool_key)
        super().track_tool_call(tool_key)

    def track_success(self) -> None:
        if self._may_record_outcome():
            super().track_success()

    def track_error(self) -> None:
        if self._may_record_outcome():
            super().track_error()

    def _may_record_outcome(self) -> bool:
        # The SDK looks and then sets; two threads could both look first. Popping is atomic.
        try:
            self._outcomes.pop()
        except IndexError:
            if self.get_summary().success is None:
                logger.debug("a second outcome at the same moment was dropped")
                return False
        return True


class JoinedTracker(RunTracker):
    """The tracker of a call that joined another call's run: it keeps its summary, for that run to add.

    What can be told of the whole run only goes to that run's tracker.
    """

    _tracker_of_host: Any

    def track_feedback(self, feedback: Any) -> None:
        self._tracker_of_host.track_feedback(feedback)

    def track_judge_result(self, judge_result: Any) -> None:
        self._tracker_of_host.track_judge_result(judge_result)


def of_joined(tracker: Any) -> Any:
    """A tracker for a call that joins the run of this one; a tracker of another make has to serve both."""
    if not isinstance(tracker, LDAIConfigTracker):
        return tracker
    silence: Any = Silence()
    nobody: Any = None
    made: Any = adopt(LDAIConfigTracker.from_resumption_token(tracker.resumption_token, silence, nobody).value)
    made.__class__ = JoinedTracker
    vars(made)["_tracker_of_host"] = tracker
    return made


def brought(tracker: Any) -> Any:
    """A tracker that the caller made, perhaps with a client that ldtrack has not met."""
    client = getattr(tracker, "_ld_client", None)
    if client is not None and not isinstance(client, Silence):
        meet(client)
    return tracker


def adopt(tracker: Any) -> Any:
    """Make the SDK's tracker a `RunTracker`; anything else is used as it is."""
    if type(tracker) is LDAIConfigTracker:
        tracker.__class__ = RunTracker
        vars(tracker)["_outcomes"] = [None]
    return tracker


def tool_calls_by_hand(tracker: Any) -> tuple[str, ...]:
    """The tool calls that the user's own code tracked on this tracker."""
    noted = getattr(tracker, "tool_calls_by_hand", ())
    return noted or tuple(tracker.get_summary().tool_calls or ())


class TrackerOfRun:
    """The `create_tracker` of a run's config: inside the run its own tracker while that is unused, else fresh ones.

    It holds no run: a cycle would keep every run alive until the next garbage collection.
    """

    __slots__ = ("fresh",)

    def __init__(self, fresh: Callable[[], Any]) -> None:
        self.fresh = fresh

    def __call__(self) -> Any:
        run = current.get()
        while run is not None and getattr(run.config, "create_tracker", None) is not self:
            run = run.parent
        if run is not None and run.is_open and not is_used(run.tracker):
            return run.tracker
        return mute(self.fresh()) if run is not None and run.muted else self.fresh()


def is_used(tracker: Any) -> bool:
    """Whether a tracker has a duration or an outcome: it is another run's."""
    if tracker is None:
        return True
    summary = tracker.get_summary()
    return summary.duration_ms is not None or summary.success is not None


def fresh_tracker(config: Any) -> Any:
    """A new tracker of a config, even inside a run of that config."""
    factory = config.create_tracker
    return factory.fresh() if isinstance(factory, TrackerOfRun) else factory()


def tie(config: Any) -> None:
    """Let `config.create_tracker()` give the tracker of the run that it is called in."""
    factory = config.create_tracker
    if not isinstance(factory, TrackerOfRun):
        # The config is a frozen dataclass; a copy would not be the object that the caller passed.
        object.__setattr__(config, "create_tracker", TrackerOfRun(factory))


def payload_of(token: str) -> dict[str, Any]:
    """What a resumption token tells."""
    payload: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return payload
