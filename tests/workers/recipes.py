"""The recipes of the documentation, run as they stand, by engines that the tests start."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from doc_pages import INDEX, blocks
from events_endpoint import EventsEndpoint
from tracking_app import environment

PAGE = INDEX.with_name("production.md")
SUCCESS = "$ld:ai:generation:success"


def write_recipe(folder: Path, title: str) -> None:
    """Write the block that the page shows under this title."""
    (block,) = [block for block in blocks(PAGE, "python") if title == block.title]
    (folder / title).write_text(block.source, encoding="utf-8")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def engine(endpoint: EventsEndpoint, folder: Path, *module_and_arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run an engine in a folder, and end it by SIGTERM as a platform does."""
    env = environment(endpoint)
    env["PYTHONPATH"] = os.pathsep.join([str(folder), env["PYTHONPATH"]])
    with (folder / "log.txt").open("w+", encoding="utf-8") as log:
        command = [sys.executable, "-m", *module_and_arguments]
        process = subprocess.Popen(
            command, cwd=folder, env=env, stdout=log, stderr=log, text=True, start_new_session=True
        )
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        except BaseException:
            print((folder / "log.txt").read_text(encoding="utf-8"))  # noqa: T201 -- pytest shows it
            raise
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Wait for something that another process does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # once: it may be a request that counts
            return True
        time.sleep(0.05)
    return False


def asked(port: int, path: str = "/ask") -> str:
    """Ask a server; nothing while it does not answer yet."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
            return str(response.read().decode())
    except (urllib.error.URLError, ConnectionError):
        return ""
