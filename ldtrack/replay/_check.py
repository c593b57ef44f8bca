"""Compare what was recorded for a call with what the case says a correct tracker records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldtrack.replay._server import FIRST_DELAY

if TYPE_CHECKING:
    from ldtrack.local import RunRecord
    from ldtrack.replay._cases import Case, Expected
    from ldtrack.replay._sdk import Sdk

_FAILED = 400
"""The first HTTP status that is an error."""

_TOKENS = ("input", "output", "total")

_UNSEEN: dict[str, Any] = {"tool_calls": [], "ttft_expected": "none"}
"""What is recorded of what an SDK's object does not carry; of a count, 0."""

_OUTCOMES = {True: "success", False: "error", None: None}


@dataclass(frozen=True)
class Check:
    """One comparison; `accepted` has every value that can be defended, the best one first."""

    what: str
    accepted: list[Any]
    actual: Any

    @property
    def passed(self) -> bool:
        return self.actual in self.accepted


def checks(case: Case, driver: str, sdk: Sdk, runs: list[RunRecord], raised: Exception | None) -> Iterator[Check]:
    """Compare one call's runs, of which there must be one, and the exception that left it."""
    yield Check("exception", _exceptions(case), _package(raised, sdk))
    yield Check("runs", [1], len(runs))
    # An error in the middle of a stream: the SDK raises its chunk, and keeps the usage on it to itself.
    hidden = (raised is not None and case.response.status < _FAILED) or not case.drivers[driver].tokens_visible
    unseen = {*(_TOKENS if hidden else ()), *sdk.unseen(case)}
    for run in runs:
        yield from _compare(case.expected, run, unseen)


def _compare(expected: Expected, run: RunRecord, unseen: Collection[str]) -> Iterator[Check]:
    for name, what, actual in (
        ("input", "input tokens", run.input_tokens or 0),
        ("output", "output tokens", run.output_tokens or 0),
        ("total", "total tokens", run.total_tokens or 0),
        ("success", "outcome", run.outcome),
        ("tool_calls", "tool calls", run.tool_calls),
        ("ttft_expected", "first token", _first_token(run)),
    ):
        if name not in expected.unscored:
            nothing: list[Any] = [_UNSEEN.get(name, 0)] if name in unseen else []
            yield Check(what, _accepted(expected, name) + nothing, actual)
    yield Check("duration", [True], run.duration_ms is not None)


def _accepted(expected: Expected, name: str) -> list[Any]:
    values = [getattr(expected, name), *expected.alt.get(name, ())]
    if name == "success":
        return [_OUTCOMES[value] for value in values]
    if name == "ttft_expected":
        return ["seen" if value else "none" for value in values]
    if name == "tool_calls":
        return values
    return [value or 0 for value in values] if expected.usage_reported else [0]


def _first_token(run: RunRecord) -> str:
    if run.time_to_first_token_ms is None:
        return "none"
    return "seen" if run.time_to_first_token_ms >= int(FIRST_DELAY * 1000) else "too early"


def _exceptions(case: Case) -> list[str]:
    if case.response.status >= _FAILED:
        return ["the SDK's"]
    return ["none"] if case.expected.success is not False else ["none", "the SDK's"]


def _package(raised: Exception | None, sdk: Sdk) -> str:
    if raised is None:
        return "none"
    package = type(raised).__module__.partition(".")[0]
    return "the SDK's" if package in sdk.packages else f"{type(raised).__name__}: {raised}"
