"""In between an app and LaunchDarkly: requests and answers pass unchanged, events are kept on their way."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass

import httpx
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from ldtrack._checks import check_address
from ldtrack.monitor._event_endpoints import Keep, body_of, receive, refusal
from ldtrack.monitor._received import BadRequestError

_OF_THE_CONNECTION = {"connection", "host", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "cookie"}
"""Headers that tell of one connection, not of what it carries."""
_REFUSALS = (401, 403)
_CONNECT_SECONDS = 10
_STREAM_READ_SECONDS = 5 * 60
"""The SDK's own patience with a silent stream."""


@dataclass(frozen=True)
class Upstream:
    """Where LaunchDarkly is: roots of addresses, without a slash at the end."""

    stream: str = "https://stream.launchdarkly.com"
    polling: str = "https://sdk.launchdarkly.com"
    events: str = "https://events.launchdarkly.com"


LAUNCHDARKLY = "launchdarkly"
"""What stands for LaunchDarkly's own addresses."""


def upstream_at(address: str) -> Upstream:
    """Return the places for an address: all in one, as a Relay Proxy serves them, or LaunchDarkly's own.

    Raises:
        ValueError: It is no address.
    """
    if address == LAUNCHDARKLY:
        return Upstream()
    check_address(address, "--forward")
    root = address.rstrip("/")
    return Upstream(root, root, root)


class Forwarder:
    """Passes requests on, and notes whether it can.

    Args:
        client: What sends them.
        note: Called after each request with the place, and with what is wrong, or an empty text.
    """

    def __init__(self, client: httpx.AsyncClient, note: Callable[[str, str], None]) -> None:
        self._client = client
        self._note = note

    async def pass_on(self, request: Request, root: str, body: bytes | None) -> Response:
        """Send a request to another place, and give the answer back as it comes."""
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{root}{request.url.path}{query}"
        outgoing = self._client.build_request(request.method, url, headers=_kept(request.headers.items()), content=body)
        try:
            answer = await self._client.send(outgoing, stream=True)
        except httpx.HTTPError as exc:
            trouble = f"LaunchDarkly at {root} was not reached: {type(exc).__name__}"
            self._note(root, trouble)
            # The SDK takes 502 for a fault that passes, and tries again.
            return PlainTextResponse(f"{trouble}\n", status_code=502)
        self._note(root, f"{root} refuses the app's SDK key" if answer.status_code in _REFUSALS else "")
        return StreamingResponse(
            _raw(answer),
            status_code=answer.status_code,
            headers=dict(_kept(answer.headers.items())),
            background=BackgroundTask(answer.aclose),
        )


def forward_routes(upstream: Upstream, keep: Keep, forwarder: Forwarder) -> list[Route]:
    """Make the SDK's endpoints, each passing on what it is asked; `keep` sees the events first."""

    async def stream(request: Request) -> Response:
        return await forwarder.pass_on(request, upstream.stream, None)

    async def poll(request: Request) -> Response:
        return await forwarder.pass_on(request, upstream.polling, None)

    async def bulk(request: Request) -> Response:
        try:
            body = await receive(request, keep)
        except BadRequestError as exc:
            return refusal(exc)
        return await forwarder.pass_on(request, upstream.events, body)

    async def diagnostic(request: Request) -> Response:
        try:
            body = await body_of(request)
        except BadRequestError as exc:
            return refusal(exc)
        return await forwarder.pass_on(request, upstream.events, body)

    return [
        Route("/all", stream),
        Route("/sdk/{rest:path}", poll),
        Route("/bulk", bulk, methods=["POST"]),
        Route("/diagnostic", diagnostic, methods=["POST"]),
    ]


def forwarding_client() -> httpx.AsyncClient:
    """Make the client for `forward_routes`, which has no headers of its own."""
    timeout = httpx.Timeout(_CONNECT_SECONDS, read=_STREAM_READ_SECONDS)
    client = httpx.AsyncClient(timeout=timeout, limits=httpx.Limits(max_connections=None))
    client.headers.clear()
    return client


async def _raw(answer: httpx.Response) -> AsyncGenerator[bytes, None]:
    try:
        async for part in answer.aiter_raw():
            yield part
    finally:
        await answer.aclose()


def _kept(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _OF_THE_CONNECTION]
