"""The latest runs, and the events of one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from nicegui import events, ui

from ldtrack.local import RunRecord
from ldtrack.local._events import payload
from ldtrack.local._words import in_time
from ldtrack.monitor._received import kinds_of
from ldtrack.monitor._recorded import RUNS_KEPT, Recorded
from ldtrack.monitor.page._tables import NOTHING, table

_SHOWN = 100
_COLUMNS = {
    "at": "Time",
    "config": "AI config",
    "variation": "Variation",
    "outcome": "Outcome",
    "duration": "Duration",
    "ttft": "First token",
    "input": "Input",
    "output": "Output",
    "tools": "Tool calls",
    "feedback": "Feedback",
    "id": "Run id",
    "events": "",
}
_EVENT_COLUMNS = {"at": "Time", "key": "Event", "value": "Value", "data": "Data"}
_BUTTON = """
<q-btn flat dense no-caps label="Events" :aria-label="'Events of run ' + props.row.id"
       :data-run="props.row.id" @click="() => $parent.$emit('events', props.row.id)" />
"""
_CELL = f'<q-td :props="props">{_BUTTON}</q-td>'
_CARD = f"""
<div class="q-pa-xs col-12"><q-card flat bordered><q-list dense>
  <q-item v-for="col in props.cols.filter(col => col.name !== 'events')" :key="col.name">
    <q-item-section>{{{{ col.label }}}}</q-item-section><q-item-section side>{{{{ col.value }}}}</q-item-section>
  </q-item>
  <q-item>{_BUTTON}</q-item>
</q-list></q-card></div>
"""


class RunList:
    """The latest runs that match a filter."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._filter = ui.input("Filter by config, variation, outcome or run id", on_change=self.update)
        self._filter.props("dense outlined clearable").classes("w-full max-w-md").mark("Filter")
        self._table = table("Runs", _COLUMNS, empty="No run, or none that matches.")
        self._table.add_slot("body-cell-events", _CELL)
        self._table.add_slot("item", _CARD)
        self._table.on("events", self._open)
        ui.label(f"The latest {_SHOWN} of those that match; {RUNS_KEPT:,} runs are kept.").classes("text-sm")

        self._opened = ""
        with ui.dialog().on("hide", self._give_back_focus) as self._dialog:
            self._details = ui.card().classes("w-full").style("max-width: 60rem")

    def update(self) -> None:
        """Show what there is now."""
        self._table.rows = [_row(run) for run in islice(self._matching(), _SHOWN)]

    def _matching(self) -> Iterator[RunRecord]:
        wanted = str(self._filter.value or "").strip().lower()
        for run in self._recorded.latest_runs():
            text = f"{run.config_key} {run.variation_key} {run.outcome} {run.run_id}".lower()
            if wanted in text:
                yield run

    def _open(self, event: events.GenericEventArguments) -> None:
        run = self._recorded.run(str(event.args))
        if run is None:
            ui.notify("This run is no longer kept.")
            return
        self._details.clear()
        with self._details:
            _show_run(run)
            ui.button("Close", on_click=self._dialog.close).props("flat no-caps")
        self._opened = run.run_id
        self._dialog.open()

    def _give_back_focus(self) -> None:
        """Lead the keyboard to where it was; the dialog leaves it nowhere."""
        ui.run_javascript(f"document.querySelector(`[data-run=${{CSS.escape({json.dumps(self._opened)})}}]`)?.focus()")


def _show_run(run: RunRecord) -> None:
    ui.label(f"Run {run.run_id}").classes("text-lg font-medium").props('role="heading" aria-level="2"')
    model = ", ".join(filter(None, [run.provider_name, run.model_name])) or "no model named"
    contexts = ", ".join(" ".join(pair) for pair in kinds_of(run.context))
    ui.label(f"{run.config_key} / {run.variation_key or NOTHING}, version {run.version}; {model}; {contexts}")
    shown = table("Events of the run", _EVENT_COLUMNS)
    shown.rows = [
        {
            "id": number,
            "at": _clock(event.timestamp),
            "key": event.key,
            "value": NOTHING if event.metric_value is None else f"{event.metric_value:g}",
            "data": ", ".join(f"{name} {value}" for name, value in payload(event).items() if name not in _OF_THE_RUN),
        }
        for number, event in enumerate(run.events)
    ]


_OF_THE_RUN = ("runId", "configKey", "variationKey", "version", "modelName", "providerName")


def _row(run: RunRecord) -> dict[str, Any]:
    return {
        "at": _clock(run.events[0].timestamp),
        "config": run.config_key,
        "variation": run.variation_key or NOTHING,
        "outcome": run.outcome or NOTHING,
        "duration": NOTHING if run.duration_ms is None else in_time(run.duration_ms),
        "ttft": NOTHING if run.time_to_first_token_ms is None else in_time(run.time_to_first_token_ms),
        "input": NOTHING if run.input_tokens is None else f"{run.input_tokens:,}",
        "output": NOTHING if run.output_tokens is None else f"{run.output_tokens:,}",
        "tools": ", ".join(run.tool_calls) or NOTHING,
        "feedback": run.feedback or NOTHING,
        "id": run.run_id,
    }


def _clock(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000).astimezone().strftime("%H:%M:%S")
