"""The figures of one variation, added up event by event."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable

from ldtrack.local._events import CustomEvent, EventKey, is_judge_score, number, tool_name
from ldtrack.local._figures import VariationMetrics


class Tally:
    """Adds up events; keeps no event, only counts, sums and times.

    Args:
        config_key: The AI config.
        variation_key: One of its variations, or None for all.
        times_kept: How many of the latest times the percentiles are taken from; None is all of them.
    """

    def __init__(self, config_key: str, variation_key: str | None, *, times_kept: int | None = None) -> None:
        self._config_key = config_key
        self._variation_key = variation_key
        self._counts: Counter[str] = Counter()
        self._sums: defaultdict[str, int] = defaultdict(int)
        self._tools: Counter[str] = Counter()
        self._scores: dict[str, tuple[float, int]] = {}
        self._times = {key: deque[int](maxlen=times_kept) for key in (EventKey.DURATION, EventKey.TIME_TO_FIRST_TOKEN)}

    def add(self, event: CustomEvent) -> None:
        """Count one event of the variation."""
        value = number(event)
        self._counts[event.key] += 1
        self._sums[event.key] += value
        if event.key in self._times:
            self._times[event.key].append(value)
        elif event.key == EventKey.TOOL_CALL:
            self._tools[tool_name(event)] += 1
        elif is_judge_score(event):
            total, count = self._scores.get(event.key, (0, 0))
            self._scores[event.key] = (total + value, count + 1)

    def metrics(self) -> VariationMetrics:
        """Return the figures as they are now."""
        return VariationMetrics(
            config_key=self._config_key,
            variation_key=self._variation_key,
            generation_success_count=self._counts[EventKey.SUCCESS],
            generation_error_count=self._counts[EventKey.ERROR],
            input_tokens=self._sums[EventKey.INPUT_TOKENS],
            output_tokens=self._sums[EventKey.OUTPUT_TOKENS],
            total_tokens=self._sums[EventKey.TOTAL_TOKENS],
            durations_ms=tuple(self._times[EventKey.DURATION]),
            times_to_first_token_ms=tuple(self._times[EventKey.TIME_TO_FIRST_TOKEN]),
            thumbs_up=self._counts[EventKey.THUMBS_UP],
            thumbs_down=self._counts[EventKey.THUMBS_DOWN],
            tool_calls=dict(self._tools),
            judge_scores={key: total / count for key, (total, count) in self._scores.items()},
            counted_generations=self._counts[EventKey.TOTAL_TOKENS],
        )


def measure(config_key: str, variation_key: str | None, events: Iterable[CustomEvent]) -> VariationMetrics:
    """Add up the events of one variation."""
    tally = Tally(config_key, variation_key)
    for event in events:
        tally.add(event)
    return tally.metrics()
