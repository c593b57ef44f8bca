"""The page as a whole: its parts from top to bottom, brought up to date while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import FastAPI
from nicegui import ui

from ldtrack.monitor._monitor import Monitor
from ldtrack.monitor.page._charts import Charts
from ldtrack.monitor.page._checklist import Checklist
from ldtrack.monitor.page._configs import Configs
from ldtrack.monitor.page._figures import Figures
from ldtrack.monitor.page._runs import RunList

_Part = TypeVar("_Part")

_INTERVAL_SECONDS = 0.5
_IS_DARK = "window.matchMedia('(prefers-color-scheme: dark)').matches"
_ICON = "📈"


def add_page(app: FastAPI, monitor: Monitor) -> None:
    """Serve the page at `/`, in light and dark as the browser prefers."""

    async def page() -> None:
        dark = await _is_dark()
        if ui.context.client.has_socket_connection:  # whoever has gone already needs no page
            _build(monitor, dark=dark)

    nicegui: Any = ui  # the types of its `run_with` are not all known
    nicegui.run_with(app, root=page, title="ldtrack monitor", favicon=_ICON, dark=None, show_welcome_message=False)


async def _is_dark() -> bool:
    try:
        await ui.context.client.connected()
        preferred: Any = ui.run_javascript(_IS_DARK)
        return await preferred is True
    except TimeoutError:
        return False


def _build(monitor: Monitor, *, dark: bool) -> None:
    with ui.column().classes("w-full max-w-screen-2xl mx-auto gap-6").props('role="main"'):
        _heading("Monitoring", 1)
        status = ui.label().props('role="status"').mark("status")
        configs = _section("AI configs", lambda: Configs(monitor))
        figures = _section("Figures", Figures)
        charts = _section("Distributions", lambda: Charts(dark=dark))
        checklist = _section("Checklist", Checklist)
        runs = _section("Runs", lambda: RunList(monitor.recorded))

    seen = -1

    def update() -> None:
        nonlocal seen
        status.text = _status(monitor)
        configs.update()
        if seen == monitor.recorded.event_count:
            return
        seen = monitor.recorded.event_count
        variations = monitor.recorded.variations()
        figures.update(variations, monitor.flags)
        charts.update(variations, monitor.recorded)
        checklist.update(variations, monitor.recorded)
        runs.update()

    update()
    ui.timer(_INTERVAL_SECONDS, update)


def _section(title: str, build: Callable[[], _Part]) -> _Part:
    with ui.element("section").classes("w-full flex flex-col gap-2").props(f'aria-label="{title}"'):
        _heading(title, 2)
        return build()


def _heading(text: str, level: int) -> None:
    size = {1: "text-2xl", 2: "text-xl"}[level]
    ui.label(text).classes(f"{size} font-medium").props(f'role="heading" aria-level="{level}"')


def _status(monitor: Monitor) -> str:
    received = f"{monitor.recorded.event_count:,} events received"
    if monitor.upstream is not None:
        return f"{received}, {'; '.join(monitor.troubles.values()) or 'passed on to LaunchDarkly'}"
    count = monitor.flags.follower_count
    return f"{received}; {count} {'app streams its' if count == 1 else 'apps stream their'} configs from here"
