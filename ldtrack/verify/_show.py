"""Show in a terminal what was found."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from ldtrack.local import Monitoring
from ldtrack.verify._checks import Check, checks_of
from ldtrack.verify._runs import Findings


def show(console: Console, findings: Findings) -> bool:
    """Print the checks of each call and the Monitoring figures of all; says whether nothing is missing."""
    found = checks_of(findings)
    for call, checks in found.items():
        console.print(Text(f"The call {call}", style="bold"))
        for check in checks:
            console.print(_line(check), soft_wrap=True)
    answers = [answer for answer in (findings.whole, findings.failing, findings.interrupted) if answer is not None]
    _show_warnings(console, (line for answer in answers for line in answer.warnings))
    console.print()
    console.print(Monitoring([event for answer in answers for event in answer.received()]).table())
    return all(check.is_fine for checks in found.values() for check in checks)


def _line(check: Check) -> Text:
    mark, style = ("✓", "green") if check.is_fine else ("✗", "red")
    line = Text.assemble("  ", (mark, style), f" {check.name:<20} {check.seen}")
    return line.append(f"\n    → {check.cure}") if check.cure else line


def _show_warnings(console: Console, lines: Iterable[str]) -> None:
    for line in dict.fromkeys(lines):
        console.print(Text(f"ldtrack warned: {line}", style="yellow"), soft_wrap=True)
