"""A monitor's endpoints on the loopback interface, and clients of the SDK that know nothing else."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
from ldclient import LDClient
from ldclient.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ldtrack._loopback import serve
from ldtrack.local._configs import flags_of
from ldtrack.monitor._monitor import Monitor

CONFIG: dict[str, Any] = {"model": {"name": "tiny-1"}, "provider": {"name": "own"}}


class MonitorServer:
    """A monitor without its page, and what a test does to it in its own thread."""

    def __init__(self, monitor: Monitor, url: str) -> None:
        self.monitor = monitor
        self.url = url

    def serve(self, configs: dict[str, Any]) -> None:
        """Serve other configs, as if the file had changed."""
        httpx.post(f"{self.url}/test/serve", json=configs).raise_for_status()

    def switch(self, key: str, *, on: bool) -> None:
        """Turn a config on or off, as the page does."""
        httpx.post(f"{self.url}/test/switch", json={"key": key, "on": on}).raise_for_status()


@contextlib.contextmanager
def monitor_server(monitor: Monitor | None = None, tell: Callable[[str], object] = print) -> Iterator[MonitorServer]:
    """Serve a monitor; without one, a new one with the config `chat`. `tell` gets what its terminal would show."""
    monitor = monitor or Monitor()
    if not monitor.flags.keys:
        monitor.flags.replace(flags_of({"chat": CONFIG}, unchecked=False))

    async def replace(request: Request) -> Response:
        monitor.flags.replace(flags_of(await request.json(), unchecked=False))
        return Response()

    async def switch(request: Request) -> Response:
        asked = await request.json()
        monitor.flags.switch(asked["key"], on=asked["on"])
        return Response()

    ours = [Route("/test/serve", replace, methods=["POST"]), Route("/test/switch", switch, methods=["POST"])]

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with monitor.running(tell):
            yield

    with serve(Starlette(routes=[*ours, *monitor.routes()], lifespan=lifespan)) as url:
        yield MonitorServer(monitor, url)


@contextlib.contextmanager
def sdk_client(url: str, **options: Any) -> Iterator[LDClient]:
    """A real client of the SDK."""
    client = LDClient(Config("sdk-key", base_uri=url, stream_uri=url, events_uri=url, **options))
    try:
        yield client
    finally:
        client.close()


def eventually(is_so: Callable[[], object], seconds: float = 15) -> None:
    """Wait for something that other threads or processes bring about."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)
