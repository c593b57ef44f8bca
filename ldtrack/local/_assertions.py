"""Assertions on recorded runs that read like the requirement; they fail with a table of what was recorded."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal, NoReturn

from typing_extensions import Self

from ldtrack.local._events import EventKey, number, payload
from ldtrack.local._listing import listing
from ldtrack.local._runs import RunRecord

_OUTCOMES = {"success": EventKey.SUCCESS, "error": EventKey.ERROR}
_THUMBS = {"positive": EventKey.THUMBS_UP, "negative": EventKey.THUMBS_DOWN}
_COUNTS = {"input": EventKey.INPUT_TOKENS, "output": EventKey.OUTPUT_TOKENS, "total": EventKey.TOTAL_TOKENS}


class Runs(list[RunRecord]):
    """The recorded runs, in the order of their first events: a list, and where assertions on them begin."""

    def only(self, config_key: str | None = None) -> RunAssertions:
        """Return the one run of a config, or the one run that there is, to be asserted on.

        Raises:
            AssertionError: There is none, or there are several.
        """
        __tracebackhide__ = True
        runs = self.of(config_key)
        if len(runs) != 1:
            of = f" of {config_key!r}" if config_key else ""
            raise AssertionError(f"expected one run{of}, recorded {len(runs)}\n\n{listing(self)}")
        return RunAssertions(runs[0], self)

    def of(self, config_key: str | None) -> Runs:
        """Return the runs of one config; all of them for None."""
        return Runs(run for run in self if config_key in (None, run.config_key))

    def none(self, config_key: str | None = None) -> None:
        """Assert that there is no run, of one config or at all.

        Raises:
            AssertionError: There is one.
        """
        __tracebackhide__ = True
        runs = self.of(config_key)
        if runs:
            raise AssertionError(f"expected no run, recorded {len(runs)}\n\n{listing(runs)}")


class RunAssertions:
    """What can be asserted on one run. Each method returns the same object, so that they chain.

    All of them read the events: a metric that was sent twice fails as well as one that is missing.
    """

    def __init__(self, record: RunRecord, among: Runs) -> None:
        self.record = record
        """The run itself."""
        self._among = among

    def succeeded(self) -> Self:
        """Assert that the run counts as a success, once."""
        __tracebackhide__ = True
        return self._outcome_is("success")

    def failed(self) -> Self:
        """Assert that the run counts as an error, once."""
        __tracebackhide__ = True
        return self._outcome_is("error")

    def without_outcome(self) -> Self:
        """Assert that the run counts neither as a success nor as an error."""
        __tracebackhide__ = True
        return self._outcome_is(None)

    def with_tokens(self, *, input: int | None = None, output: int | None = None, total: int | None = None) -> Self:
        """Assert token counts; without numbers, that the total was recorded."""
        __tracebackhide__ = True
        given = {"input": input, "output": output, "total": total}
        wanted = {name: count for name, count in given.items() if count is not None}
        for name, count in wanted.items():
            self._is(f"{name} tokens", count, self._only(f"{name} tokens", _COUNTS[name]))
        if not wanted:
            self._only("total tokens", EventKey.TOTAL_TOKENS)
        return self

    def without_tokens(self) -> Self:
        """Assert that no token count was recorded."""
        __tracebackhide__ = True
        for name, key in _COUNTS.items():
            self._is(f"{name} tokens", [], self._numbers(key))
        return self

    def with_ttft(self, ms: int | None = None) -> Self:
        """Assert that the time to first token was recorded; with a number, that it is this one."""
        __tracebackhide__ = True
        return self._time_is("time to first token", EventKey.TIME_TO_FIRST_TOKEN, ms)

    def without_ttft(self) -> Self:
        """Assert that no time to first token was recorded."""
        __tracebackhide__ = True
        return self._is("time to first token", [], self._numbers(EventKey.TIME_TO_FIRST_TOKEN))

    def with_duration(self, ms: int | None = None) -> Self:
        """Assert that the duration was recorded; with a number, that it is this one."""
        __tracebackhide__ = True
        return self._time_is("duration", EventKey.DURATION, ms)

    def with_tool_calls(self, *names: str) -> Self:
        """Assert which tools were called, in whichever order; without names, that none was."""
        __tracebackhide__ = True
        if Counter(names) != Counter(self.record.tool_calls):
            self._fail("tool calls", list(names), self.record.tool_calls)
        return self

    def with_feedback(self, kind: Literal["positive", "negative"]) -> Self:
        """Assert what the user thought of the result."""
        __tracebackhide__ = True
        return self._is("feedback", [kind], self._which(_THUMBS))

    def with_judge_score(self, metric_key: str, score: float | None = None) -> Self:
        """Assert that a judge gave a score under a metric key; with a number, that it is this one."""
        __tracebackhide__ = True
        self._is("judges", metric_key, metric_key if metric_key in self.record.judge_scores else None)
        return self if score is None else self._is(metric_key, score, self.record.judge_scores[metric_key])

    def with_variation(self, variation_key: str) -> Self:
        """Assert which variation was served."""
        __tracebackhide__ = True
        return self._is("variation", variation_key, self.record.variation_key)

    def with_model(self, name: str) -> Self:
        """Assert which model the variation names."""
        __tracebackhide__ = True
        return self._is("model", name, self.record.model_name)

    def _outcome_is(self, outcome: str | None) -> Self:
        __tracebackhide__ = True
        return self._is("outcome", [outcome] if outcome else [], self._which(_OUTCOMES))

    def _which(self, keys: dict[str, str]) -> list[str]:
        return [name for name, key in keys.items() for _ in self._numbers(key)]

    def _time_is(self, what: str, key: str, ms: int | None) -> Self:
        __tracebackhide__ = True
        recorded = self._only(what, key)
        return self if ms is None else self._is(f"{what} in ms", ms, recorded)

    def _only(self, what: str, key: str) -> Any:
        __tracebackhide__ = True
        recorded = self._numbers(key)
        if len(recorded) != 1:
            self._fail(what, "one event", recorded)
        return recorded[0]

    def _numbers(self, key: str) -> list[Any]:
        return [number(event) for event in self.record.events if event.key == key]

    def _is(self, what: str, expected: object, recorded: object) -> Self:
        __tracebackhide__ = True
        if expected != recorded:
            self._fail(what, expected, recorded)
        return self

    def _fail(self, what: str, expected: object, recorded: object) -> NoReturn:
        __tracebackhide__ = True
        raise AssertionError(
            f"{self.record.config_key!r}: {what}: expected {_words(expected)}, recorded {_words(recorded)}\n\n"
            f"{listing(self._among)}\n\nevents of this run: {self._events()}"
        )

    def _events(self) -> str:
        return ", ".join(f"{event.key.removeprefix('$ld:ai:')} {_value(event)}" for event in self.record.events)


def _value(event: Any) -> str:
    name = payload(event).get("toolKey") or payload(event).get("toolName")
    return str(name or number(event))


def _words(value: Any) -> str:
    if value is None or value == []:
        return "none"
    return " and ".join(map(str, value)) if isinstance(value, list) else str(value)  # pyright: ignore[reportUnknownArgumentType]
