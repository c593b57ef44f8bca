"""`ldtrack demo`: every shape and tier, for real, and the figures in the end."""

from __future__ import annotations

import io
import os
import threading
from contextlib import contextmanager
from typing import Any

import pytest
from rich.console import Console

from ldtrack.cli import main
from ldtrack.demo import _run, _scenes, _show


@pytest.fixture(scope="module")
def played() -> tuple[dict[str, str], Any]:
    """Run the demo once; return each scene's result in words, and the figures."""
    results: dict[str, str] = {}

    @contextmanager
    def announce(scene: _scenes.Scene) -> Any:
        yield lambda result: results.setdefault(scene.what, result)

    return results, _run.run(announce)


def test_every_scene_ends_as_its_line_says(played):
    """Successes and errors are those that the scenes make; a config that is off tracks nothing."""
    results, _ = played
    unusual = {what: result for what, result in results.items() if not result.endswith("success")}

    assert len(_scenes.scenes()) == len(results)
    assert {
        "the provider answers 500 and 429": "2 error",
        "config switched off: the fallback answers": "nothing tracked",
        "users rate earlier answers, by resumption token": "4 up, 1 down",
    } == unusual


def test_every_call_is_one_generation(played):
    """As many runs have an outcome as users called, also where two model calls made one turn."""
    _, monitoring = played
    expected = {"support": 23, "releases": 12, "shop-copy": 24, "orders": 4}
    if "1" in [scene.tier for scene in _scenes.scenes()]:
        expected["managed"] = 3

    assert expected == {key: monitoring[key].generation_count for key in expected}
    assert set(expected) == {variation.config_key for variation in monitoring}
    assert {"lookup": 4} == monitoring["orders"].tool_calls


def test_streams_have_a_time_to_first_token(played):
    """It is that of the script's pause, and shorter than the whole."""
    _, monitoring = played
    support = monitoring["support", "brief"]

    assert min(support.times_to_first_token_ms) >= 90
    assert max(support.times_to_first_token_ms) < max(support.durations_ms)


def test_the_command_leaves_nothing_behind(capsys, caplog):
    """What is piped has no control codes and fits 80 columns; no thread, variable or warning stays."""
    threads, variables = set(threading.enumerate()), dict(os.environ)

    assert 0 == main(["demo"])

    out, err = capsys.readouterr()
    assert "\x1b" not in out
    assert max(len(line) for line in out.splitlines()) <= 80
    assert "tier 4  async generator over an OpenAI stream" in out
    assert "support" in out.partition("Generations")[2]
    assert "" == err
    assert [] == [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert threads >= set(threading.enumerate())
    assert variables == dict(os.environ)


def test_without_the_providers_package_tier_1_is_left_out(monkeypatch):
    """LaunchDarkly's package for OpenAI is optional: the scene that needs it is not played."""
    monkeypatch.setattr(_scenes.importlib.util, "find_spec", lambda _name: None)

    assert "1" not in [scene.tier for scene in _scenes.scenes()]


@pytest.mark.parametrize(("environment", "spins"), [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False)])
def test_a_terminal_shows_what_is_running(environment, spins):
    """A spinner while a scene runs, where the terminal can show one; the line of its result in any case."""
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, _environ=environment)
    scene = _scenes.scenes()[-1]
    with _show._announce(console, scene) as result:
        result("1 up")

    assert spins == ("\x1b[?25l" in out.getvalue())
    assert f"{scene.what:<50}  1 up\n" in out.getvalue()


def test_without_scenes_there_is_nothing_to_show(monkeypatch, capsys):
    """The table says that it is empty, and the command succeeds."""
    monkeypatch.setattr(_run, "scenes", list)

    assert 0 == main(["demo"])
    assert "No run was recorded yet." in capsys.readouterr().out
