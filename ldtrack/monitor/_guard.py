"""Who may speak to the monitor: this machine, or whoever knows the token; and no page of somebody else's."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

_COOKIE = "ldtrack_monitor"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


class Guard:
    """Let requests through to an app, or refuse them.

    Without a token only requests to a name of the loopback interface pass: a page on the web whose own name leads
    here (DNS rebinding) is turned away. With one, it is the first part of the path, for the SDK and for the first look
    of a browser, which then has a cookie.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or one WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = _other_site(headers) or (self._not_let_in(scope, headers) if self._token else _not_loopback(headers))
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _not_let_in(self, scope: Scope, headers: Headers) -> Response | None:
        path: str = scope["path"]
        first, _, rest = path.removeprefix("/").partition("/")
        if self._is_token(first):
            if not rest:
                return self._welcome()
            scope["path"] = f"/{rest}"
            scope["raw_path"] = scope["path"].encode()
            return None
        if self._is_token(_cookie(headers)):
            return None
        return PlainTextResponse("the address of this monitor ends in its token: /TOKEN\n", status_code=403)

    def _welcome(self) -> Response:
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(_COOKIE, self._token or "", httponly=True, samesite="strict")
        return response

    def _is_token(self, given: str) -> bool:
        return secrets.compare_digest(given.encode(), (self._token or "").encode())


def _not_loopback(headers: Headers) -> Response | None:
    if _host(headers.get("host", "")) in LOOPBACK_NAMES:
        return None
    return PlainTextResponse("this monitor serves its own machine only: start it with --host\n", status_code=403)


def _other_site(headers: Headers) -> Response | None:
    origin = headers.get("origin")
    if origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower():
        return None
    return PlainTextResponse("requests of other sites' pages are refused\n", status_code=403)


def _host(value: str) -> str | None:
    try:
        return urlsplit(f"//{value}").hostname
    except ValueError:
        return None


def _cookie(headers: Headers) -> str:
    try:
        return SimpleCookie(headers.get("cookie", ""))[_COOKIE].value
    except (CookieError, KeyError):
        return ""
