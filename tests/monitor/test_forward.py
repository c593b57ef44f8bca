"""In between an app and LaunchDarkly, which is another monitor here: it speaks the same protocols."""

from __future__ import annotations

import contextlib
import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from ldclient import Context
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from events_endpoint import EventsEndpoint, events_endpoint
from ldtrack._loopback import serve
from ldtrack.monitor._forward import Upstream, upstream_at
from ldtrack.monitor._monitor import Monitor
from monitor_server import MonitorServer, eventually, monitor_server, sdk_client

USER = Context.create("user-1")


@pytest.fixture
def between(server: MonitorServer) -> Iterator[MonitorServer]:
    """A monitor that passes on to another one."""
    with monitor_server(Monitor(upstream=upstream_at(server.url + "/"))) as between:
        yield between


@contextlib.contextmanager
def _recording_upstream() -> Iterator[tuple[list[dict[str, Any]], str]]:
    seen: list[dict[str, Any]] = []

    async def answer(request: Request) -> PlainTextResponse:
        path = f"{request.url.path}?{request.url.query}"
        seen.append({"path": path, "headers": dict(request.headers), "body": await request.body()})
        return PlainTextResponse("later", status_code=429, headers={"retry-after": "7"})

    with serve(Starlette(routes=[Route("/{rest:path}", answer, methods=["POST"])])) as root:
        yield seen, root


@contextlib.contextmanager
def _flaky(first_status: int) -> Iterator[EventsEndpoint]:
    with events_endpoint() as endpoint:
        endpoint.script = [first_status]
        yield endpoint


@pytest.mark.parametrize("mode", [{"stream": True}, {"stream": False}], ids=["streaming", "polling"])
def test_an_app_gets_what_launchdarkly_serves(
    server: MonitorServer, between: MonitorServer, mode: dict[str, bool]
) -> None:
    """By both protocols; changes arrive as they happen."""
    with sdk_client(between.url, **mode) as client:
        assert "tiny-1" == client.variation("chat", USER, {})["model"]["name"]
        if mode["stream"]:
            server.serve({"chat": {"model": {"name": "tiny-2"}}})
            eventually(lambda: client.variation("chat", USER, {})["model"]["name"] == "tiny-2")


@pytest.mark.parametrize("options", [{}, {"enable_event_compression": True}], ids=["plain", "gzipped"])
def test_events_are_shown_and_passed_on(server: MonitorServer, between: MonitorServer, options: dict[str, Any]) -> None:
    """Once each."""
    with sdk_client(between.url, **options) as client:
        client.track("$ld:ai:tokens:total", USER, {"configKey": "chat", "runId": "r"}, 8)
    for monitor in (between.monitor, server.monitor):
        assert [8] == [metrics.total_tokens for metrics in monitor.recorded.variations()]


def test_a_request_passes_unchanged_and_so_does_its_answer() -> None:
    """The body byte by byte, the headers that tell of it, and the status."""
    body = gzip.compress(json.dumps([{"kind": "identify"}]).encode())
    headers = {
        "authorization": "sdk-key",
        "content-type": "application/json",
        "content-encoding": "gzip",
        "x-launchdarkly-event-schema": "4",
        "x-launchdarkly-payload-id": "p-1",
        "user-agent": "PythonClient/9",
    }
    with _recording_upstream() as (seen, root), monitor_server(Monitor(upstream=upstream_at(root))) as between:
        answer = httpx.post(f"{between.url}/bulk?filter=a%2Fb", content=body, headers=headers)

    assert (429, "later", "7") == (answer.status_code, answer.text, answer.headers["retry-after"])
    (request,) = seen
    assert (body, "/bulk?filter=a%2Fb") == (request["body"], request["path"])
    assert headers.items() <= request["headers"].items()
    assert {"cookie"}.isdisjoint(request["headers"])


def test_where_launchdarkly_is_not_reached_the_sdk_is_told_to_try_again() -> None:
    """502 is what it takes for a fault that passes; the events are not counted twice when it does."""
    with events_endpoint() as gone:
        upstream = upstream_at(gone.url)
    with monitor_server(Monitor(upstream=upstream)) as between:
        for _ in range(2):
            answer = httpx.post(f"{between.url}/bulk", content=b"[]", headers={"content-type": "application/json"})
            assert (502, True) == (answer.status_code, f"LaunchDarkly at {gone.url} was not reached" in answer.text)


def test_what_keeps_from_passing_on_is_told_when_it_changes() -> None:
    """In the terminal, a line each; the page shows what is there."""
    told: list[str] = []
    with events_endpoint() as endpoint:
        monitor = Monitor(upstream=upstream_at(endpoint.url))
        with monitor_server(monitor, told.append) as between:
            for answer in (401, 401, 202, 0, 0, 202):
                endpoint.answer = answer
                httpx.post(f"{between.url}/bulk", content=b"[]", headers={"content-type": "application/json"})
                assert (answer in (202, 429)) == (not monitor.troubles)
    root = endpoint.url
    lost = f"LaunchDarkly at {root} was not reached: RemoteProtocolError"
    assert [f"{root} refuses the app's SDK key", f"{root} answers again", lost, f"{root} answers again"] == told


def test_a_payload_that_launchdarkly_refuses_counts_once() -> None:
    """It is shown at once, and not again with the SDK's second attempt."""
    with _flaky(503) as endpoint, monitor_server(Monitor(upstream=upstream_at(endpoint.url))) as between:
        with sdk_client(between.url, use_ldd=True, diagnostic_opt_out=True) as client:
            client.track("$ld:ai:tokens:total", USER, {"configKey": "chat", "runId": "r"}, 8)
        assert (1, [8]) == (between.monitor.recorded.event_count, endpoint.values("$ld:ai:tokens"))


def test_what_is_no_payload_is_not_passed_on(server: MonitorServer, between: MonitorServer) -> None:
    """The monitor says what is wrong by itself."""
    answer = httpx.post(f"{between.url}/bulk", content=b"{}", headers={"content-type": "application/json"})
    assert (400, "the body is not a list of events\n") == (answer.status_code, answer.text)
    assert 202 == httpx.post(f"{between.url}/diagnostic", json={}).status_code


def test_addresses_of_upstreams() -> None:
    """LaunchDarkly's own, or one for all, as a Relay Proxy is."""
    assert Upstream() == upstream_at("launchdarkly")
    assert Upstream("https://relay:1", "https://relay:1", "https://relay:1") == upstream_at("https://relay:1/")
    with pytest.raises(ValueError, match="--forward='relay' is not an address: write --forward=http"):
        upstream_at("relay")
