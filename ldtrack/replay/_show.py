"""Show a replay in the terminal: progress while it runs, then a table, then what did not match."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich import box
from rich.progress import Progress
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from ldtrack.replay._report import Report


@contextmanager
def progress(console: Console) -> Generator[Callable[[int, int], None]]:
    """Show a bar on a terminal, and a line for each quarter anywhere else."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda done, total: _quarters(console, done, total)
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Replaying", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _quarters(console: Console, done: int, total: int) -> None:
    if done * 4 // total > (done - 1) * 4 // total:
        console.print(f"{done:,} of {total:,} calls replayed")


def show(console: Console, report: Report) -> None:
    """Print the table of counts, the mismatches, and one line that sums up."""
    console.print(_table(report))
    for mismatch in report.mismatches:
        console.print(str(mismatch), markup=False, highlight=False, soft_wrap=True)
    for what, count in report.by_kind().most_common():
        console.print(f"{count:>6,} wrong: {what}", highlight=False)
    console.print(_sum(report), highlight=False)


def _table(report: Report) -> Table:
    table = Table("SDK", "endpoint", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in ("cases", "calls", "checks", "mismatches"):
        table.add_column(heading, justify="right")
    for (sdk, endpoint), row in sorted(report.rows.items()):
        style = "red" if row.mismatches else None
        counts = (len(row.cases), row.calls, row.checks, row.mismatches)
        table.add_row(sdk, endpoint, *(f"{count:,}" for count in counts), style=style)
    return table


def _sum(report: Report) -> str:
    rows = report.rows.values()
    cases, calls = sum(len(row.cases) for row in rows), sum(row.calls for row in rows)
    found = f"{len(report.mismatches):,} mismatches" if report.mismatches else "no mismatch"
    return (
        f"\n{cases:,} cases, {calls:,} calls, {sum(row.checks for row in rows):,} checks: {found}.\n"
        f"{report.others:,} cases need other SDKs and were not played."
    )
