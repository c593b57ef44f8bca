"""A loopback endpoint for LaunchDarkly's events, which can be told to answer badly, late, or not at all."""

from __future__ import annotations

import contextlib
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ldclient import LDClient
from ldclient.config import Config
from ldclient.integrations.test_data import TestData

from support import CONFIG, KEY

Answer = int | Callable[[list[Any]], int]
"""A status, or what decides on it by the events; 0 closes the connection without an answer."""


class EventsEndpoint:
    """What was received, and how the next requests are answered."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        """Bodies that were answered with 202, in the order of the answers."""
        self.payload_ids: list[str] = []
        """Of all requests, also of those that were refused."""
        self.requests = 0
        self.delay = 0.0
        self.answer: Answer = 202
        self.script: list[Answer] = []
        """Answers for the next requests, before `answer` holds."""
        self.open = threading.Event()
        """Requests wait while it is not set."""
        self.open.set()
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """What `Config(events_uri=...)` takes."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.endpoint = self
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def is_up(self) -> bool:
        """Whether it was not stopped; connections that are kept alive outlast that."""
        return self._server is not None

    def stop(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def metrics(self, key: str = "") -> list[Any]:
        """The custom events that arrived, whose key begins so."""
        with self._lock:
            events = [event for batch in self.batches for event in batch]
        return [event for event in events if event["kind"] == "custom" and event["key"].startswith(key)]

    def values(self, key: str = "") -> list[Any]:
        """The numbers that they carry."""
        return [event["metricValue"] for event in self.metrics(key)]

    def take(self, body: bytes, payload_id: str) -> int:
        """Decide on a request, and keep it if it is accepted."""
        self.open.wait(60)
        time.sleep(self.delay)
        events = json.loads(body)
        with self._lock:
            self.requests += 1
            self.payload_ids.append(payload_id)
            answer = self.script.pop(0) if self.script else self.answer
            status = answer if isinstance(answer, int) else answer(events)
            if 200 <= status < 300:
                self.batches.append(events)
            return status


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    endpoint: EventsEndpoint


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        body = gzip.decompress(body) if self.headers.get("content-encoding") == "gzip" else body
        endpoint = self.server.endpoint
        status = endpoint.take(body, self.headers.get("X-LaunchDarkly-Payload-ID", "")) if endpoint.is_up else 0
        if not status:
            self.close_connection = True
            self.connection.close()
            return
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


@contextlib.contextmanager
def events_endpoint() -> Iterator[EventsEndpoint]:
    """Serve until the block is left."""
    endpoint = EventsEndpoint()
    endpoint.start()
    try:
        yield endpoint
    finally:
        endpoint.open.set()
        endpoint.stop()


def client_for(url: str, **options: Any) -> LDClient:
    """A client that is served `CONFIG`, and sends its events there."""
    data = TestData.data_source()
    data.update(data.flag(KEY).variations(CONFIG).variation_for_all(0))
    return LDClient(Config("sdk-key", update_processor_class=data, events_uri=url, diagnostic_opt_out=True, **options))
