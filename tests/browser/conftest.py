"""Headless Chromium, from Debian's packages, before a monitor and an app that it watches."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from monitor_command import MonitorCommand, monitor_command, write_configs


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser; it is no part of the package that drives it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise pytest.UsageError("these tests need the package `chromium` of Debian")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]) as browser,
    ):
        yield browser


class Visit:
    """A page, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda message: self._note(message.type == "error", f"console: {message.text}"))
        page.on("pageerror", lambda error: self._note(True, f"exception: {error}"))
        page.on("requestfailed", lambda request: self._note(True, f"failed: {request.url}"))
        page.on("request", lambda request: self._note(not _is_loopback(request.url), f"request: {request.url}"))
        page.on("websocket", lambda socket: self._note(not _is_loopback(socket.url), f"socket: {socket.url}"))

    def _note(self, is_trouble: bool, text: str) -> None:
        if is_trouble:
            self.troubles.append(text)


def _is_loopback(url: str) -> bool:
    return urlsplit(url).scheme in ("data", "blob") or urlsplit(url).hostname == "127.0.0.1"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages, and look in the end whether all of them stayed in order."""
    visits: list[Visit] = []
    with contextlib.ExitStack() as stack:

        def open_page(url: str, *, width: int = 1280, height: int = 900, scheme: Any = "light") -> Page:
            context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            stack.callback(context.close)
            visits.append(Visit(context.new_page()))
            visits[-1].page.goto(url)
            visits[-1].page.get_by_role("heading", name="Runs").wait_for()
            return visits[-1].page

        yield open_page
        assert [] == [trouble for visit in visits for trouble in visit.troubles]


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """The file that the monitor serves."""
    return write_configs(tmp_path / "configs.yaml")


@pytest.fixture
def monitor(configs: Path) -> Iterator[MonitorCommand]:
    """The monitor."""
    with monitor_command(configs) as monitor:
        yield monitor
