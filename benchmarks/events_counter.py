"""An events endpoint in a process of its own, which counts what it takes: `python -m benchmarks.events_counter 0.2`."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import urlopen

HOST = "127.0.0.1"
ANNOUNCEMENT = "$ld:ai:sdk:info"
"""Sent once by each AI client; belongs to no run."""


class Counter(ThreadingHTTPServer):
    """Counts tracked events, and answers after a while."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, latency: float) -> None:
        super().__init__((HOST, 0), Handler)
        self.latency = latency
        self.events = 0
        self.lock = threading.Lock()

    def count(self, body: bytes) -> None:
        """Add the events of one body."""
        events = [event for event in json.loads(body) if event["kind"] == "custom" and event["key"] != ANNOUNCEMENT]
        with self.lock:
            self.events += len(events)


class Handler(BaseHTTPRequestHandler):
    """POST takes events, GET tells how many there were since the last GET."""

    protocol_version = "HTTP/1.1"
    server: Counter

    def do_POST(self) -> None:
        """Take events; the latency is the network's, so it passes before they count."""
        body = self.rfile.read(int(self.headers["content-length"]))
        time.sleep(self.server.latency)
        self.server.count(body)
        self._answer(202, b"")

    def do_GET(self) -> None:
        """Tell the count, and begin anew."""
        with self.server.lock:
            events, self.server.events = self.server.events, 0
        self._answer(200, str(events).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def events_counter(latency: float) -> Iterator[str]:
    """Run one beside this process; gives its address."""
    command = [sys.executable, "-m", "benchmarks.events_counter", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://{HOST}:{process.stdout.readline().strip() if process.stdout else 0}"
        finally:
            process.terminate()


def received(url: str) -> int:
    """How many events there were since the last time."""
    with urlopen(url, timeout=30) as response:  # noqa: S310 -- loopback
        return int(response.read())


if __name__ == "__main__":
    server = Counter(float(sys.argv[1]))
    print(server.server_port, flush=True)
    server.serve_forever()
