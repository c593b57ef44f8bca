"""The configs that are served, each with a switch."""

from __future__ import annotations

from nicegui import ui

from ldtrack.monitor._monitor import Monitor


class Configs:
    """A switch for each config: off, the app sees that it is not enabled, and takes its fallback."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._switches: dict[str, ui.switch] = {}
        self._problem = ui.label().props('role="alert"').classes("text-negative")
        self._row = ui.row().classes("w-full")
        if monitor.upstream is not None:
            ui.label("The configs are LaunchDarkly's own: switch them there.")

    def update(self) -> None:
        """Show what is served now."""
        problem = self._monitor.file.problem if self._monitor.file else None
        self._problem.text = f"{problem}; the last good configs stay" if problem else ""
        self._problem.set_visibility(bool(problem))
        if list(self._switches) != self._monitor.flags.keys:
            self._make()
        for key, switch in self._switches.items():
            switch.value = self._monitor.flags.is_on(key)

    def _make(self) -> None:
        self._row.clear()
        with self._row:
            self._switches = {key: self._switch(key) for key in self._monitor.flags.keys}

    def _switch(self, key: str) -> ui.switch:
        def turn() -> None:
            if key in self._monitor.flags.keys and switch.value != self._monitor.flags.is_on(key):
                self._monitor.flags.switch(key, on=bool(switch.value))

        switch = ui.switch(key, value=self._monitor.flags.is_on(key), on_change=turn).mark(f"switch {key}")
        return switch
