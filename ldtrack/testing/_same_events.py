"""Whether decorated code sends what hand-written tracking sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeAlias

from ldtrack.local._events import CustomEvent, EventKey, number, payload

_TIMES = (EventKey.DURATION, EventKey.TIME_TO_FIRST_TOKEN)
_Fact: TypeAlias = tuple[str, ...]


def assert_same_events(hand_written: Iterable[CustomEvent], decorated: Iterable[CustomEvent]) -> None:
    """Assert that two lists of events say the same of their runs.

    Compared are, run by run, the events' keys, contexts, payloads and numbers. Run ids differ by nature, and of times
    only that they were recorded counts; neither does the order of a run's events. Events that belong to no AI config
    are left out.

    Args:
        hand_written: The `events` that the old code left in a `LocalLaunchDarkly`.
        decorated: The `events` that the new code left.

    Raises:
        AssertionError: Some events are on one side only; it lists them.
    """
    __tracebackhide__ = True
    before, after = _facts(hand_written), _facts(decorated)
    if before != after:
        raise AssertionError(
            "the events differ\n\n"
            f"only hand-written:\n{_listed(before - after)}\n\nonly decorated:\n{_listed(after - before)}"
        )


def _facts(events: Iterable[CustomEvent]) -> Counter[_Fact]:
    runs: dict[Any, str] = {}
    facts: Counter[_Fact] = Counter()
    for event in events:
        data = payload(event)
        if data.get("configKey"):
            run = runs.setdefault(data.get("runId"), f"run {len(runs) + 1}")
            facts[_fact(event, run)] += 1
    return facts


def _fact(event: CustomEvent, run: str) -> _Fact:
    value = "a time" if event.key in _TIMES else str(number(event))
    data = {name: what for name, what in payload(event).items() if name != "runId"}
    told = ", ".join(f"{name}={what!r}" for name, what in sorted(data.items()))
    return run, event.key, value, event.context.fully_qualified_key, told


def _listed(facts: Counter[_Fact]) -> str:
    return "\n".join(f"  {count} × {'  '.join(fact)}" for fact, count in sorted(facts.items())) or "  nothing"
