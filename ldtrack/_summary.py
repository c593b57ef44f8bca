"""What is known of a run, for users: `Run.summary` and `on_finish`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldtrack import _tracker
from ldtrack._metrics import Outcome

if TYPE_CHECKING:
    from ldtrack._ending import Figures
    from ldtrack._run import Run


@dataclass(frozen=True)
class RunSummary:
    """What is known of a run. Durations are whole milliseconds; None is not known (yet)."""

    config_key: str
    run_id: str | None
    outcome: Outcome
    duration_ms: int | None
    time_to_first_token_ms: int | None
    input_tokens: int | None
    output_tokens: int | None
    total_tokens: int | None
    tool_calls: tuple[str, ...]
    ended: bool
    resumption_token: str | None


def summarise(run: Run, figures: Figures | None) -> RunSummary:
    """Put together what the tracker knows and what ldtrack does."""
    token = None if run.tracker is None else run.resumption_token
    known = None if run.tracker is None else run.tracker.get_summary()
    tokens = figures.tokens if figures is not None else None
    if known is not None and known.tokens is not None:
        tokens = known.tokens
    outcome = figures.outcome if figures is not None else None
    if known is not None and known.success is not None:
        outcome = "success" if known.success else "error"
    return RunSummary(
        config_key=run.config_key,
        run_id=None if token is None else _tracker.payload_of(token).get("runId"),
        outcome=outcome,
        duration_ms=_either(known, "duration_ms", figures),
        time_to_first_token_ms=_either(known, "time_to_first_token", figures),
        input_tokens=None if tokens is None else tokens.input,
        output_tokens=None if tokens is None else tokens.output,
        total_tokens=None if tokens is None else tokens.total,
        tool_calls=_tool_calls(run, figures),
        ended=not run.is_open,
        resumption_token=token,
    )


def config_key_of(tracker: Any) -> str:
    """The config that a tracker belongs to."""
    try:
        return str(_tracker.payload_of(tracker.resumption_token)["configKey"])
    except Exception:  # noqa: BLE001 -- a tracker of another make tells nothing
        return "(unknown)"


def _either(known: Any, name: str, figures: Figures | None) -> int | None:
    value = getattr(known, name, None)
    if value is None and figures is not None:
        value = figures.duration_ms if name == "duration_ms" else figures.time_to_first_token_ms
    return value


def _tool_calls(run: Run, figures: Figures | None) -> tuple[str, ...]:
    by_hand = () if run.tracker is None else _tracker.tool_calls_by_hand(run.tracker)
    if by_hand:
        return by_hand
    return tuple((figures.tool_calls if figures is not None else None) or ())
