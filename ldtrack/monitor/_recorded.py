"""What was received: figures of everything, and the latest runs with their events. Memory stays within bounds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from ldtrack.local._events import CustomEvent, payload
from ldtrack.local._figures import VariationMetrics
from ldtrack.local._runs import RunRecord, add_event, run_begun_by
from ldtrack.local._tally import Tally
from ldtrack.monitor._timeline import Timeline

RUNS_KEPT = 5_000
EVENTS_OF_A_RUN = 200
TIMES_KEPT = 10_000
"""Of each variation, for its percentiles and distributions."""
_PAYLOADS_KNOWN = 10_000


class Recorded:
    """Figures per variation, the latest runs, and the tokens over time. For one event loop."""

    def __init__(self) -> None:
        self.event_count = 0
        """Of metrics, since the start or, with a store, since its first."""
        self.latest_delay_ms: dict[str, int] = {}
        """By config: how long after it was tracked the latest event arrived."""
        self.tokens = Timeline()
        self._tallies: dict[tuple[str, str], Tally] = {}
        self._runs: OrderedDict[str, RunRecord] = OrderedDict()
        self._payloads: OrderedDict[str, None] = OrderedDict()

    def is_new(self, payload_id: str) -> bool:
        """Remember a payload; the SDK sends one again when it missed the answer. Without an id each is new."""
        if not payload_id:
            return True
        if payload_id in self._payloads:
            return False
        self._payloads[payload_id] = None
        if len(self._payloads) > _PAYLOADS_KNOWN:
            self._payloads.popitem(last=False)
        return True

    def forget_payload(self, payload_id: str) -> None:
        """Let a payload come again, since it could not be kept."""
        self._payloads.pop(payload_id, None)

    def add(self, events: Iterable[CustomEvent], *, just_arrived: bool = True) -> None:
        """Count events; `just_arrived` ones tell how long their delivery took."""
        now = time.time() * 1000
        for event in events:
            self.event_count += 1
            config_key = str(payload(event).get("configKey") or "")
            if config_key:
                self._tally(config_key, event).add(event)
            if config_key and just_arrived:
                self.latest_delay_ms[config_key] = max(0, round(now - event.timestamp))
            self.tokens.add(event)
            self._add_to_run(event)

    def variations(self) -> list[VariationMetrics]:
        """Return the figures of each variation, in the order of their first events."""
        return [tally.metrics() for tally in self._tallies.values()]

    def latest_runs(self) -> Iterator[RunRecord]:
        """Give the runs that are kept, the latest first."""
        return reversed(self._runs.values())

    def run(self, run_id: str) -> RunRecord | None:
        """Return a run that is kept."""
        return self._runs.get(run_id)

    def _tally(self, config_key: str, event: CustomEvent) -> Tally:
        variation_key = str(payload(event).get("variationKey") or "")
        tally = self._tallies.get((config_key, variation_key))
        if tally is None:
            tally = self._tallies[config_key, variation_key] = Tally(config_key, variation_key, times_kept=TIMES_KEPT)
        return tally

    def _add_to_run(self, event: CustomEvent) -> None:
        run_id = payload(event).get("runId")
        if not isinstance(run_id, str) or not run_id:
            return
        run = self._runs.get(run_id)
        if run is None:
            run = self._runs[run_id] = run_begun_by(event)
            if len(self._runs) > RUNS_KEPT:
                self._runs.popitem(last=False)
        if len(run.events) < EVENTS_OF_A_RUN:
            add_event(run, event)
