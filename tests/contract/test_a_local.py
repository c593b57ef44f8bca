"""A: `configure(local=...)` and `LDTRACK_LOCAL` put a local monitor in the place of every LaunchDarkly client."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

import pytest
from ldclient import Context, LDClient
from ldclient.config import Config
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import ldtrack
from ldtrack._loopback import serve
from ldtrack.local import LocalLaunchDarkly
from ldtrack.testing import local_launchdarkly
from monitor_server import CONFIG, MonitorServer, monitor_server
from support import Reply, read_reply

USER = Context.create("user-1")


def ask_with(client: Any = None) -> Any:
    """Call a decorated function of the config `chat`."""

    @ldtrack.tracked("chat", client=client, context=USER, extractor=read_reply, fallback=lambda: "fallback")
    def ask() -> Reply:
        return Reply()

    return ask()


def received(server: MonitorServer) -> int:
    """Count the generations that the monitor knows of."""
    assert ldtrack.flush(10)
    return sum(metrics.generation_count for metrics in server.monitor.recorded.variations())


def never() -> LDClient:
    """A factory that must not be called."""
    raise AssertionError


def test_a_the_environment_decides_for_every_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """No client, the decorator's, a factory: none of them is asked."""
    with monitor_server() as server, LocalLaunchDarkly({"chat": CONFIG}) as other:
        monkeypatch.setenv("LDTRACK_LOCAL", server.url)
        for client in (None, other.client, never):
            ask_with(client)
        ldtrack.configure(client=never)
        ask_with()

        assert (4, []) == (received(server), other.events)
        ldtrack.shutdown()


def test_a_configure_decides_until_it_is_taken_back() -> None:
    """Also over clients that were in use before."""
    with monitor_server() as server, LocalLaunchDarkly({"chat": CONFIG}) as other:
        ldtrack.configure(client=other.client)
        ask_with()
        ldtrack.configure(local=server.url)
        ask_with()
        assert 1 == received(server)

        ldtrack.configure(local=None)
        ask_with()
        assert (1, 2) == (received(server), len(other.runs()))
        ldtrack.shutdown()


def test_a_a_config_that_is_switched_off_leads_to_the_fallback() -> None:
    """As in LaunchDarkly itself."""
    with monitor_server() as server:
        ldtrack.configure(local=server.url)
        server.switch("chat", on=False)
        assert "fallback" == ask_with()
        ldtrack.shutdown()


def test_a_tests_have_their_own_launchdarkly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says, and whatever was configured: both hold again afterwards."""
    with monitor_server() as server:
        monkeypatch.setenv("LDTRACK_LOCAL", server.url)
        with local_launchdarkly({"chat": CONFIG}) as local:
            ask_with()
            assert 1 == len(local.runs())
        ask_with()
        assert 1 == received(server)
        ldtrack.shutdown()


@pytest.mark.parametrize("address", ["", "localhost:8484", "ftp://localhost", "http://", "http://localhost:port"])
def test_a_what_is_no_address_is_told_at_once(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one that is, whoever gave it."""
    with pytest.raises(ValueError, match=r"is not an address: write local=http://127.0.0.1:8484"):
        ldtrack.configure(local=address)

    monkeypatch.setenv("LDTRACK_LOCAL", address or "x")
    with pytest.raises(ldtrack.ConfigurationError, match=r"is not an address: write LDTRACK_LOCAL=http"):
        ask_with()


def test_a_an_address_of_the_wrong_type() -> None:
    """A monitor is elsewhere, so nothing but its address says where."""
    with pytest.raises(TypeError, match="local is the address that `ldtrack monitor` prints, such as local=http"):
        ldtrack.configure(local=8484)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("address", "environment", "key"),
    [
        ("http://{host}", None, "local"),
        ("http://{host}/", "sdk-key-1", "sdk-key-1"),
        ("http://sdk%2Dkey-2@{host}", "sdk-key-1", "sdk-key-2"),
    ],
)
def test_a_the_sdk_key_that_a_forwarding_monitor_needs(
    address: str, environment: str | None, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the address, or where apps keep it; without one a monitor that serves a file is content."""
    if environment is None:
        monkeypatch.delenv("LAUNCHDARKLY_SDK_KEY", raising=False)
    else:
        monkeypatch.setenv("LAUNCHDARKLY_SDK_KEY", environment)
    keys: list[str] = []
    made = Config.__init__
    monkeypatch.setattr(
        Config, "__init__", lambda self, sdk_key, **rest: keys.append(sdk_key) or made(self, sdk_key, **rest)
    )
    with monitor_server() as server:
        ldtrack.configure(local=address.format(host=server.url.removeprefix("http://")))
        ask_with()
        assert (1, {key}) == (received(server), set(keys))
        ldtrack.shutdown()


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9"])
def test_a_nobody_answers(proxy: str | None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app goes on with what it has, and one line says what to start, or what may stand between."""
    monkeypatch.delenv("http_proxy", raising=False)
    if proxy:
        monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setattr("ldtrack._local_source.LDClient", lambda config: LDClient(config, start_wait=0.2))
    ldtrack.configure(local="http://127.0.0.1:9", exit_timeout=0)
    with caplog.at_level(logging.WARNING, "ldtrack"):
        assert "fallback" == ask_with()
    assert "nothing answers at http://127.0.0.1:9: start it with `ldtrack monitor CONFIGS`" in caplog.text
    assert bool(proxy) == ("name its host in no_proxy" in caplog.text)
    ldtrack.shutdown()


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (
            403,
            "answers with status 403, and serves no AI configs: give the whole address that `ldtrack monitor` printed",
        ),
        (502, "answers with status 502, and serves no AI configs: its terminal, and its page, say why"),
    ],
)
def test_a_something_else_answers(
    status: int, words: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing has to be started; where to look is told, also by the error of the call."""

    async def refuse(_request: Request) -> Response:
        return Response(status_code=status)

    monkeypatch.setattr("ldtrack._local_source.Config", partial(Config, stream=False))
    monkeypatch.setattr("ldtrack._local_source.LDClient", lambda config: LDClient(config, start_wait=1))
    with serve(Starlette(routes=[Route("/{rest:path}", refuse, methods=["GET", "POST"])])) as root:
        ldtrack.configure(local=root, exit_timeout=0)
        with caplog.at_level(logging.WARNING, "ldtrack"), pytest.raises(ldtrack.ConfigDisabledError) as caught:
            ldtrack.tracked("chat", context=USER)(lambda: None)()
        ldtrack.shutdown()
    assert words in caplog.text
    assert "check the address that LDTRACK_LOCAL or configure(local=) gives" in caught.value.reason
