"""What a replay found: counts per SDK and endpoint, and every mismatch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case
    from ldtrack.replay._check import Check


@dataclass(frozen=True)
class Mismatch:
    """A value that nobody can defend, and the call that recorded it."""

    case: str
    call: str
    what: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        return f"{self.case} ({self.call}): {self.what} {self.actual!r}, expected {self.expected!r}"


@dataclass
class Row:
    """The counts of one SDK's endpoint."""

    cases: set[str] = field(default_factory=set[str])
    calls: int = 0
    checks: int = 0
    mismatches: int = 0


@dataclass
class Report:
    """Filled call by call."""

    others: int
    rows: dict[tuple[str, str], Row] = field(default_factory=dict[tuple[str, str], Row])
    mismatches: list[Mismatch] = field(default_factory=list[Mismatch])

    def add(self, sdk: str, case: Case, call: str, checks: list[Check]) -> None:
        """Count one call."""
        wrong = [Mismatch(case.id, call, c.what, c.accepted[0], c.actual) for c in checks if not c.passed]
        kind = "stream" if case.streaming else "plain"
        row = self.rows.setdefault((sdk, f"{case.endpoint}, {kind}"), Row())
        row.cases.add(case.id)
        row.calls += 1
        row.checks += len(checks)
        row.mismatches += len(wrong)
        self.mismatches += wrong

    def by_kind(self) -> Counter[str]:
        """How many mismatches there are of each kind."""
        return Counter(mismatch.what for mismatch in self.mismatches)
