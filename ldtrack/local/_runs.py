"""Events put together again, run by run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from ldclient import Context

from ldtrack.local._events import CustomEvent, EventKey, is_judge_score, number, payload, tool_name


@dataclass
class RunRecord:
    """Everything recorded for one run id. What had no event is None; texts that the SDK left out are empty."""

    config_key: str
    run_id: str
    context: Context
    variation_key: str = ""
    version: int | None = None
    model_name: str = ""
    provider_name: str = ""
    outcome: Literal["success", "error"] | None = None
    duration_ms: int | None = None
    time_to_first_token_ms: int | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    tool_calls: list[str] = field(default_factory=list[str])
    feedback: Literal["positive", "negative"] | None = None
    judge_scores: dict[str, float] = field(default_factory=dict[str, float])
    events: list[CustomEvent] = field(default_factory=list[CustomEvent])


_NUMBERS = {
    EventKey.DURATION: "duration_ms",
    EventKey.TIME_TO_FIRST_TOKEN: "time_to_first_token_ms",
    EventKey.INPUT_TOKENS: "input_tokens",
    EventKey.OUTPUT_TOKENS: "output_tokens",
    EventKey.TOTAL_TOKENS: "total_tokens",
}
_WORDS = {
    EventKey.SUCCESS: ("outcome", "success"),
    EventKey.ERROR: ("outcome", "error"),
    EventKey.THUMBS_UP: ("feedback", "positive"),
    EventKey.THUMBS_DOWN: ("feedback", "negative"),
}


def runs_of(events: Iterable[CustomEvent]) -> list[RunRecord]:
    """Sort events into runs. Events without a run (of graphs, of the client itself) are left out."""
    runs: dict[str, RunRecord] = {}
    for event in events:
        run_id = payload(event).get("runId")
        if run_id:
            run = runs.get(run_id) or runs.setdefault(run_id, run_begun_by(event))
            add_event(run, event)
    return list(runs.values())


def run_begun_by(event: CustomEvent) -> RunRecord:
    """Make the record of a run from the first of its events, which is not added yet."""
    return RunRecord(_text(event, "configKey"), _text(event, "runId"), event.context)


def add_event(run: RunRecord, event: CustomEvent) -> None:
    """Let a run know of one more of its events."""
    run.events.append(event)
    _add_origin(run, event)
    if event.key in _NUMBERS:
        _fill(run, _NUMBERS[event.key], number(event))
    elif event.key in _WORDS:
        _fill(run, *_WORDS[event.key])
    elif event.key == EventKey.TOOL_CALL:
        run.tool_calls.append(tool_name(event))
    elif is_judge_score(event):
        run.judge_scores[event.key] = number(event)


def _add_origin(run: RunRecord, event: CustomEvent) -> None:
    # Later feedback comes from a tracker that no longer knows the names.
    run.variation_key = run.variation_key or _text(event, "variationKey")
    run.model_name = run.model_name or _text(event, "modelName")
    run.provider_name = run.provider_name or _text(event, "providerName")
    _fill(run, "version", payload(event).get("version"))


def _fill(run: RunRecord, name: str, value: Any) -> None:
    # The first stands, as in the SDK's trackers; a second one is left to see in `events`.
    if getattr(run, name) is None:
        setattr(run, name, value)


def _text(event: CustomEvent, name: str) -> str:
    return str(payload(event).get(name) or "")
