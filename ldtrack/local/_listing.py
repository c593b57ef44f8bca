"""What was recorded for each run, as plain text: for the messages of tests that fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain

from ldtrack.local._runs import RunRecord

_HEADINGS = (
    "config",
    "variation",
    "outcome",
    "duration",
    "first token",
    "in",
    "out",
    "total",
    "tool calls",
    "feedback",
)
_NOTHING = "–"


def listing(runs: Iterable[RunRecord]) -> str:
    """A line for each run under a line of headings, in aligned columns."""
    rows = [_HEADINGS, *map(_row, runs)]
    if len(rows) == 1:
        return "No run was recorded."
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(_line(row, widths) for row in rows)


def _row(run: RunRecord) -> Sequence[str]:
    return (
        run.config_key,
        run.variation_key or _NOTHING,
        run.outcome or _NOTHING,
        _ms(run.duration_ms),
        _ms(run.time_to_first_token_ms),
        *(_text(count) for count in (run.input_tokens, run.output_tokens, run.total_tokens)),
        ", ".join(run.tool_calls) or _NOTHING,
        ", ".join(chain([run.feedback] if run.feedback else [], map(_score, run.judge_scores.items()))) or _NOTHING,
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _ms(value: int | None) -> str:
    return _NOTHING if value is None else f"{value} ms"


def _text(value: int | None) -> str:
    return _NOTHING if value is None else str(value)


def _score(judged: tuple[str, float]) -> str:
    return f"{judged[0]} {judged[1]:g}"
