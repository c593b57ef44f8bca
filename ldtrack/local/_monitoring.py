"""What the Monitoring tab would show: figures per AI config and variation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from ldtrack._optional import extra
from ldtrack.local._events import CustomEvent, payload
from ldtrack.local._figures import VariationMetrics
from ldtrack.local._tally import measure

if TYPE_CHECKING:
    from rich.table import Table

_Groups: TypeAlias = dict[tuple[str, str], list[CustomEvent]]


class Monitoring:
    """The figures of each variation, in the order of their first events.

    `monitoring["support-chat"]` adds up all variations of a config, `monitoring["support-chat", "brief"]` is one
    of them; a KeyError names what there is.
    """

    def __init__(self, events: Iterable[CustomEvent]) -> None:
        self._groups: _Groups = {}
        for event in events:
            data = payload(event)
            if data.get("configKey"):
                variation = (str(data["configKey"]), str(data.get("variationKey") or ""))
                self._groups.setdefault(variation, []).append(event)

    def __iter__(self) -> Iterator[VariationMetrics]:
        return (measure(*variation, events) for variation, events in self._groups.items())

    def __len__(self) -> int:
        return len(self._groups)

    def __getitem__(self, key: str | tuple[str, str]) -> VariationMetrics:
        """Return the figures of one config, or of one of its variations."""
        config_key, variation_key = (key, None) if isinstance(key, str) else key
        groups = _only(self._groups, config_key, variation_key)
        if not groups:
            raise KeyError(f"nothing was recorded for {key!r}; there are {list(self._groups)}")
        return measure(config_key, variation_key, [event for events in groups.values() for event in events])

    def only(self, config_key: str) -> Monitoring:
        """Return the figures of one config's variations."""
        chosen = _only(self._groups, config_key, None)
        return Monitoring(event for events in chosen.values() for event in events)

    def table(self) -> Table:
        """Lay the figures out as a `rich` table.

        Raises:
            ImportError: `ldtrack[cli]` is not installed.
        """
        with extra("cli", "a table of the figures"):
            from ldtrack.local._table import monitoring_table

        return monitoring_table(self)


def _only(groups: _Groups, config_key: str, variation_key: str | None) -> _Groups:
    return {
        (config, variation): events
        for (config, variation), events in groups.items()
        if config == config_key and variation_key in (None, variation)
    }
