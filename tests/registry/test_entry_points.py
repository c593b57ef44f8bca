"""Extractors of third-party packages (C3)."""

from __future__ import annotations

import logging
import re
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from ldtrack import _entry_points, _registry, register_extractor, registered
from ldtrack._registration import Registration
from ldtrack._table import Table

PLUGIN = """
from ldtrack import extractor_for, register_extractor
calls = []

class Reply: ...
class Other: ...

def read(response): ...

def register():
    calls.append(1)
    register_extractor(Reply, read)
    extractor_for(Reply)  # a look-up while loading does not load again

def fail():
    raise RuntimeError("secret")
"""
MODULE = """
from ldtrack import register_extractor
from plugin import Other, read
register_extractor(Other, read)
"""
ENTRY_POINTS = """
[ldtrack.extractors]
absent = nowhere:register
broken = plugin:fail
misspelt = plugin:registr
reader = plugin:read
function = plugin:register
module = plugin_module
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Install a package with entry points, good and bad."""
    (tmp_path / "plugin.py").write_text(PLUGIN)
    (tmp_path / "plugin_module.py").write_text(MODULE)
    info = tmp_path / "plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(_registry, "_entry_points", _entry_points.EntryPoints())
    yield __import__("plugin")
    for name in ("plugin", "plugin_module"):
        sys.modules.pop(name, None)


def test_c3_entry_points_are_loaded_at_the_first_lookup_once(plugin, caplog):
    """Functions are called, modules only imported; what fails is reported once and skipped."""
    first, again = _registry.find(plugin.Reply()), _registry.find(plugin.Reply())

    assert "function" == first.source == again.source
    assert "module" == _registry.find(plugin.Other()).source
    assert [1] == plugin.calls
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert [
        ("absent names nowhere:register, which cannot be imported", "ModuleNotFoundError"),
        ("broken names plugin:fail, which failed", "RuntimeError"),
        ("misspelt names plugin:registr, which cannot be imported", "AttributeError"),
        ("reader names plugin:read, which takes arguments: name a function that registers", "TypeError"),
    ] == [
        re.fullmatch(r"entry point (.*), so its extractors are not used \((\w+) at .*", one).groups()
        for one in warnings
    ]


def test_c3_a_users_registration_of_the_class_loads_nothing(plugin):
    """What the user registered for this very class is served at once, and wins afterwards too."""
    mine = register_extractor(plugin.Reply, lambda _: None)
    assert mine is _registry.find(plugin.Reply()).extractor
    assert [] == plugin.calls

    sources = [one.source for one in registered() if one.key is plugin.Reply]
    assert ["user", "function"] == sources
    assert mine is _registry.find(plugin.Reply()).extractor


def test_c3_threads_wait_for_the_first_load(plugin):
    """Threads that look up at the same time all see what was registered."""
    start = threading.Barrier(8)
    found: list[Any] = []

    def look_up() -> None:
        start.wait()
        found.append(_registry.find(plugin.Reply()))

    threads = [threading.Thread(target=look_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {"function"} == {one.source for one in found}
    assert [1] == plugin.calls


def test_c3_nobody_waits_for_ever(plugin, monkeypatch):
    """A thread that loads may wait for a module whose importer looks something up: that one goes on without."""
    monkeypatch.setattr(_entry_points, "_PATIENCE_SECONDS", 0.01)
    loading, finish = threading.Event(), threading.Event()

    def wait() -> None:
        loading.set()
        finish.wait()

    monkeypatch.setattr(plugin, "register", wait)
    thread = threading.Thread(target=_registry.find, args=(object(),))
    thread.start()
    loading.wait()
    try:
        assert _registry.find(plugin.Reply()) is None
    finally:
        finish.set()
        thread.join()


@pytest.mark.parametrize("order", [1, -1])
def test_c1_an_installed_package_wins_over_a_built_in_reading(order):
    """At one class, whichever was registered first; and yours wins over both."""

    class Reply:
        """A response."""

    sources = ["built-in", "plugin", "user"][::order]
    for known, winner in ((sources, "user"), ([one for one in sources if one != "user"], "plugin")):
        table = Table(lambda _: None)
        for source in known:
            table.add(Registration(Reply, "response", None, source))
        assert winner == table.find(Reply()).source
