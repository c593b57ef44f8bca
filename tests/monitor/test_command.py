"""`ldtrack monitor`, run as users run it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from ldclient import Context

from ldtrack.cli import main
from monitor_command import CONFIGS, monitor_command, write_configs
from monitor_server import eventually, sdk_client

USER = Context.create("user-1")
APP = """
import sys
from ldclient import Context
import ldtrack

@ldtrack.tracked("chat", context=Context.create("user-1"))
def ask(question):
    return {"object": "chat.completion", "choices": [{"finish_reason": "stop", "message": {"content": "hi"}}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}}

for _ in range(5):
    ask("a question")
assert ldtrack.flush(10)
"""


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A file with configs."""
    return write_configs(tmp_path / "configs.yaml")


def run_app(address: str) -> subprocess.CompletedProcess[str]:
    """Run an app that knows of no monitor but for its environment."""
    environment = {**os.environ, "LDTRACK_LOCAL": address}
    return subprocess.run([sys.executable, "-c", APP], capture_output=True, text=True, env=environment, timeout=60)


def test_an_app_is_served_and_its_events_outlast_the_monitor(configs: Path, tmp_path: Path) -> None:
    """With one environment variable; Ctrl-C ends it without a word, and the next one shows what was stored."""
    store = tmp_path / "history.db"
    for runs in (5, 10):
        with monitor_command(configs, "--store", store) as monitor:
            app = run_app(monitor.address)
            assert (0, "") == (app.returncode, app.stderr)
            assert 0 == monitor.end(), monitor.printed
            assert monitor.printed.endswith("Ctrl-C ends it.\n")
        assert runs * 5 == _stored(store)


def _stored(path: Path) -> int:
    from ldtrack.monitor._history import History

    history = History(path)
    events = list(history.events())
    history.close()
    return len(events)


def test_the_file_is_followed_and_a_broken_one_changes_nothing(configs: Path) -> None:
    """Neither while it is broken nor while it is away; each change is told of in a line."""
    with monitor_command(configs) as monitor, sdk_client(monitor.address) as client:

        def model() -> Any:
            return client.variation("writer", USER, {}).get("model", {}).get("name")

        configs.write_text("writer: {modle: {name: tiny-2}}")
        eventually(lambda: "did you mean 'model'?; the last good configs stay" in monitor.printed)
        configs.write_text("[" * 5000)
        eventually(lambda: monitor.printed.count("the last good configs stay") == 2)
        configs.unlink()
        eventually(lambda: "cannot be read" in monitor.printed)
        assert "tiny-1" == model()

        write_configs(configs, {**CONFIGS, "writer": {"model": {"name": "tiny-2"}}})
        eventually(lambda: model() == "tiny-2")
        assert f"{configs} changed; 2 configs are served" in monitor.printed


def test_others_than_this_machine_need_the_token(configs: Path) -> None:
    """It is a part of the address that is printed, which is all that an app needs."""
    with monitor_command(configs, "--host", "0.0.0.0") as monitor:
        root, _, token = monitor.address.rpartition("/")
        assert (403, 200) == tuple(
            httpx.get(f"{start}/sdk/latest-all").status_code for start in (root, monitor.address)
        )
        assert len(token) >= 32
        assert 0 == run_app(monitor.address).returncode
    with monitor_command(configs, LDTRACK_MONITOR_TOKEN="a-token-of-my-own") as monitor:
        assert monitor.address.endswith("/a-token-of-my-own")


def test_it_passes_on_to_another(configs: Path) -> None:
    """As it would to LaunchDarkly."""
    with monitor_command(configs) as other, monitor_command("--forward", other.address) as between:
        app = run_app(between.address)
        assert (0, "") == (app.returncode, app.stderr)
        assert "what LaunchDarkly serves" in between.printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name either the file with your AI configs, or --forward"),
        (["configs.yaml", "--forward"], "name either the file with your AI configs, or --forward"),
        (["missing.yaml"], "missing.yaml: cannot be read"),
        (["broken.yaml"], "broken.yaml: AI config 'chat': variation 'default': nothing reads 'modle'"),
        (["configs.yaml", "--store", "broken.yaml"], "broken.yaml cannot keep the history"),
        (["configs.yaml", "--host", "no.such.host.invalid"], "port 8484 of no.such.host.invalid cannot be had"),
        (["--forward", "relay:8030"], "--forward='relay:8030' is not an address"),
    ],
)
def test_slips_are_told_in_a_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And end the command before it serves anything."""
    monkeypatch.chdir(tmp_path)
    write_configs(tmp_path / "configs.yaml")
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump({"chat": {"modle": {"name": "a long text" * 100}}}))

    assert 2 == main(["monitor", *arguments])
    error = capsys.readouterr().err
    assert (True, 1) == (words in error, error.count("\n")), error


def test_a_port_that_is_taken(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By another monitor, most likely."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert 2 == main(["monitor", str(configs), "--port", str(port)])
    assert "another monitor may be running: choose another port with --port" in capsys.readouterr().err


def test_a_token_that_cannot_be_one(
    configs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Too short, or not for an address."""
    for token in ("", "short", "a/path/that/is/no/token"):
        monkeypatch.setenv("LDTRACK_MONITOR_TOKEN", token)
        assert 2 == main(["monitor", str(configs)])
        assert "LDTRACK_MONITOR_TOKEN needs at least 16 letters, digits, - or _" in capsys.readouterr().err


def test_without_its_extra_it_says_what_to_install(
    configs: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line."""
    monkeypatch.setitem(sys.modules, "nicegui", None)
    for name in [name for name in sys.modules if name.startswith("ldtrack.monitor")]:
        monkeypatch.delitem(sys.modules, name)
    assert 2 == main(["monitor", str(configs)])
    assert "ldtrack: the monitor needs nicegui: pip install 'ldtrack[monitor]'\n" == capsys.readouterr().err
