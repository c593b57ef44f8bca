"""Who is let in."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from ldtrack.monitor._guard import Guard

TOKEN = "a-token-of-the-test"
SOCKET = "ws://127.0.0.1:8484/socket"


def client(token: str | None, host: str = "127.0.0.1:8484") -> TestClient:
    """A browser, or an SDK, before a guarded app."""

    async def where(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.url.path)

    async def speak(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    app = Starlette(routes=[WebSocketRoute("/socket", speak), Route("/{rest:path}", where, methods=["GET", "POST"])])
    return TestClient(Guard(app, token), base_url=f"http://{host}", follow_redirects=False)


@pytest.mark.parametrize("host", ["127.0.0.1:8484", "localhost", "LOCALHOST:1", "[::1]:8484"])
def test_without_a_token_this_machine_is_let_in(host: str) -> None:
    """By any of its loopback names."""
    assert "/all" == client(None).get("/all", headers={"host": host}).text


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.168.0.1:8484", "[", ""])
def test_without_a_token_other_names_are_refused(host: str) -> None:
    """Such as a page's own, which a DNS server may lead to this machine."""
    answer = client(None).get("/all", headers={"host": host})
    assert (403, True) == (answer.status_code, "its own machine only" in answer.text)


@pytest.mark.parametrize("token", [None, TOKEN])
def test_pages_of_other_sites_are_refused(token: str | None) -> None:
    """Whatever else they send; our own page's requests pass."""
    path = f"/{token}/bulk" if token else "/bulk"
    for origin in ("http://evil.example", "null", "http://127.0.0.1:9999"):
        assert 403 == client(token).post(path, headers={"origin": origin}).status_code
    assert 200 == client(token).post(path, headers={"origin": "http://127.0.0.1:8484"}).status_code


def test_the_sdk_has_the_token_in_its_address() -> None:
    """It is taken off before the app sees the path."""
    assert "/sdk/latest-all" == client(TOKEN, "0.0.0.0:1").get(f"/{TOKEN}/sdk/latest-all").text
    assert "/" == client(TOKEN).get(f"/{TOKEN}/").headers["location"]


@pytest.mark.parametrize(
    "path", ["/", "/all", "/another-token-here/all", f"/{TOKEN}x/all", "/%ff/all", f"//{TOKEN}/all"]
)
def test_without_it_nobody_is_let_in(path: str) -> None:
    """Nor is anything told of what there is."""
    assert 403 == client(TOKEN).get(path).status_code


def test_a_browser_gets_a_cookie() -> None:
    """With which it needs no token; neither scripts nor other sites can use it."""
    browser = client(TOKEN)
    welcome = browser.get(f"/{TOKEN}")

    assert (303, "/") == (welcome.status_code, welcome.headers["location"])
    assert {"HttpOnly", "SameSite=strict"} <= set(welcome.headers["set-cookie"].split("; "))
    assert "/page" == browser.get("/page").text
    assert 403 == client(TOKEN).get("/page", headers={"cookie": "ldtrack_monitor=guessed"}).status_code
    assert 403 == client(TOKEN).get("/page", headers={"cookie": "a=b; \x01=;;"}).status_code


def test_sockets_are_guarded_as_well() -> None:
    """The page's own is one."""
    browser = client(None)
    with browser.websocket_connect(SOCKET) as socket:
        assert "hello" == socket.receive_text()
    with (
        pytest.raises(WebSocketDisconnect),
        browser.websocket_connect(SOCKET, headers={"origin": "http://evil.example"}),
    ):
        pass
    with pytest.raises(WebSocketDisconnect), client(TOKEN).websocket_connect(SOCKET):
        pass
