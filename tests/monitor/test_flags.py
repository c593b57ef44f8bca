"""LaunchDarkly's own client in streaming and in polling mode, fed by the monitor."""

from __future__ import annotations

import json
from typing import Any

import anyio
import httpx
import pytest
from ldclient import Context, LDClient

from ldtrack.local._configs import flags_of
from ldtrack.monitor import _flag_endpoints, _served
from ldtrack.monitor._served import ServedFlags
from monitor_server import CONFIG, MonitorServer, eventually, sdk_client

USER = Context.create("user-1")


def model_of(client: LDClient, key: str = "chat") -> Any:
    """Name the model that the client serves."""
    return client.variation(key, USER, {}).get("model", {}).get("name")


def is_enabled(client: LDClient, key: str = "chat") -> Any:
    """Whether the client serves the config as enabled."""
    return client.variation(key, USER, {})["_ldMeta"]["enabled"]


@pytest.mark.parametrize("mode", [{"stream": True}, {"stream": False}], ids=["streaming", "polling"])
def test_the_sdk_is_served_at_once(server: MonitorServer, mode: dict[str, bool]) -> None:
    """Both of its protocols initialise it."""
    with sdk_client(server.url, **mode) as client:
        assert client.is_initialized()
        assert "tiny-1" == model_of(client)


def test_a_streaming_client_sees_changes_at_once(server: MonitorServer) -> None:
    """A changed config, a new one, one that is gone, and one that comes back."""
    with sdk_client(server.url) as client:
        server.serve({"chat": {"model": {"name": "tiny-2"}}, "more": CONFIG})
        eventually(lambda: (model_of(client), model_of(client, "more")) == ("tiny-2", "tiny-1"))

        server.serve({"more": CONFIG})
        eventually(lambda: model_of(client) is None)

        server.serve({"chat": CONFIG, "more": CONFIG})
        eventually(lambda: model_of(client) == "tiny-1")


def test_a_config_is_switched_off_and_on(server: MonitorServer) -> None:
    """All of its variations are not enabled; what the file says comes back."""
    with sdk_client(server.url) as client:
        server.switch("chat", on=False)
        eventually(lambda: not is_enabled(client))
        server.serve({"chat": {"model": {"name": "tiny-2"}}})
        eventually(lambda: model_of(client) == "tiny-2")
        assert not is_enabled(client)

        server.switch("chat", on=True)
        eventually(lambda: is_enabled(client))


def test_a_poll_is_answered_briefly_where_nothing_changed(server: MonitorServer) -> None:
    """By its ETag, until something does; the next start of the monitor has others."""
    first = httpx.get(f"{server.url}/sdk/latest-all")
    seen = {"If-None-Match": first.headers["etag"]}
    assert 304 == httpx.get(f"{server.url}/sdk/latest-all", headers=seen).status_code

    server.switch("chat", on=False)
    assert 200 == httpx.get(f"{server.url}/sdk/latest-all", headers=seen).status_code
    assert ServedFlags().etag != ServedFlags().etag


def test_a_polling_client_sees_changes(server: MonitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its next poll; the SDK allows no interval under 30 seconds, which the test shortens."""
    monkeypatch.setattr("ldclient.config.Config.poll_interval", property(lambda _config: 0.05))
    with sdk_client(server.url, stream=False) as client:
        server.serve({"chat": {"model": {"name": "tiny-2"}}})
        eventually(lambda: model_of(client) == "tiny-2")


def test_readers_that_are_gone_are_noticed(server: MonitorServer) -> None:
    """So the count of apps is right soon after."""
    with sdk_client(server.url), sdk_client(server.url):
        eventually(lambda: server.monitor.flags.follower_count == 2)
    eventually(lambda: server.monitor.flags.follower_count == 0)


def test_a_silent_stream_shows_that_it_lives(server: MonitorServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With comments, so that the SDK does not give it up."""
    monkeypatch.setattr(_flag_endpoints, "_LOOK_SECONDS", 0.02)
    monkeypatch.setattr(_flag_endpoints, "_HEARTBEAT_SECONDS", 0.04)
    with httpx.stream("GET", f"{server.url}/all") as stream:
        lines = stream.iter_lines()
        assert "event: put" == next(lines)
        assert {"chat"} == json.loads(next(lines).removeprefix("data: "))["data"]["flags"].keys()
        assert ["", ":", "", ":"] == [next(lines) for _ in range(4)]


@pytest.fixture(scope="module", params=["asyncio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Run on the loop of the server."""
    return str(request.param)


@pytest.mark.anyio
async def test_a_slow_reader_is_cut_off_and_the_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes again by itself, and gets everything; nothing grows while it sleeps."""
    monkeypatch.setattr(_served, "_UNREAD", 3)
    flags = ServedFlags()
    flags.replace(flags_of({"chat": CONFIG}, unchecked=False))
    with flags.followed() as slow, flags.followed() as quick:
        for on in (False, True) * 2:
            flags.switch("chat", on=on)
            await quick.take(1)

        assert (slow.is_cut_off, quick.is_cut_off) == (True, False)
        assert ["put", "patch", "patch"] == [name for name, _ in await slow.take(1)]


@pytest.mark.anyio
async def test_a_change_that_comes_when_the_wait_is_over_is_not_lost() -> None:
    """Waiting may be cut short; what came meanwhile is handed out."""
    flags = ServedFlags()
    flags.replace(flags_of({"chat": CONFIG}, unchecked=False))
    with flags.followed() as follower:
        await follower.take(1)
        taken = 0
        for on in (False, True) * 50:
            async with anyio.create_task_group() as group:
                group.start_soon(_switch_after, flags, 0.001, on)
                taken += len(await follower.take(0.001))
            taken += len(await follower.take(0))
        assert 100 == taken


async def _switch_after(flags: ServedFlags, seconds: float, on: bool) -> None:
    await anyio.sleep(seconds)
    flags.switch("chat", on=on)


def test_switching_what_is_not_there_says_what_is() -> None:
    """The file may have lost it since the page was drawn."""
    flags = ServedFlags()
    flags.replace(flags_of({"chat": CONFIG}, unchecked=False))
    with pytest.raises(KeyError, match=r"no AI config 'gone'; there are \['chat'\]"):
        flags.switch("gone", on=False)
