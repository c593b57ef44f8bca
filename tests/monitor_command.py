"""`ldtrack monitor` as users run it: a process of its own, ended by Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from monitor_server import eventually

# Where the tests are a background job of a shell's, they and their children ignore SIGINT.
_AS_IN_A_TERMINAL = """
import signal, sys
from ldtrack.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(sys.argv[1:]))
"""
TESTS = Path(__file__).parent
CONFIGS: dict[str, Any] = {
    "chat": {
        "variations": {
            "brief": {
                "model": {"name": "tiny-1", "custom": {"costPerInputToken": 0.001, "costPerOutputToken": 0.002}},
                "provider": {"name": "own"},
            },
            "thorough": {"model": {"name": "large-1"}, "provider": {"name": "own"}},
        },
        "targets": {"thorough": ["pro-user"]},
    },
    "writer": {"model": {"name": "tiny-1"}},
}


class MonitorCommand:
    """A running command: its address, and what it printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        eventually(lambda: self._address() or process.poll() is not None, 60)
        assert self._address(), self.printed

    @property
    def printed(self) -> str:
        """All that it printed so far."""
        return "".join(self.lines)

    @property
    def address(self) -> str:
        """What apps and browsers are pointed at."""
        found = self._address()
        assert found
        return found[1]

    def end(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(30)
        self._reader.join(10)
        return code

    def _address(self) -> re.Match[str] | None:
        return re.search(r"The page is at (\S+)", self.printed)

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line)


@contextlib.contextmanager
def monitor_command(*arguments: object, **environment: str) -> Iterator[MonitorCommand]:
    """Run `ldtrack monitor` on a free port until the block ends."""
    with page_command("monitor", "--port", "0", *arguments, **environment) as command:
        yield command


@contextlib.contextmanager
def page_command(*arguments: object, **environment: str) -> Iterator[MonitorCommand]:
    """Run a command of ldtrack's that serves the page until the block ends."""
    command = [sys.executable, "-c", _AS_IN_A_TERMINAL, *map(str, arguments)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**_users_environment(), "PYTHONUNBUFFERED": "1", **environment},
    ) as process:
        try:
            yield MonitorCommand(process)
        finally:
            process.kill()


def _users_environment() -> dict[str, str]:
    """Leave out what tells that a test is running: NiceGUI behaves in another way then."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}


def write_configs(path: Any, configs: dict[str, Any] | None = None) -> Any:
    """Write a file with configs, and return its path."""
    path.write_text(yaml.safe_dump(CONFIGS if configs is None else configs, sort_keys=False), encoding="utf-8")
    return path


@contextlib.contextmanager
def monitored_app(
    address: str, seconds: float, a_second: float = 20, what: str = "chat"
) -> Iterator[subprocess.Popen[str]]:
    """Run the app beside the test."""
    command = [sys.executable, TESTS / "monitored_app.py", address, str(seconds), str(a_second), what]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()
