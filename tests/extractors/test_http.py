"""Raw HTTP responses, and the SDKs' wrappers around them, from a real server (C6)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anthropic
import httpx
import openai
import pytest
import requests
from ldai.tracker import TokenUsage

from ldtrack import _registry
from ldtrack._metrics import read as reading

CHAT = {
    "id": "c",
    "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12},
}
MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "content": [],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 7, "output_tokens": 5},
}
TOKENS = TokenUsage(total=12, input=7, output=5)
BODIES = {
    "/chat/completions": (200, "application/json", json.dumps(CHAT)),
    "/v1/messages": (200, "application/json", json.dumps(MESSAGE)),
    "/failed": (500, "application/json", "{}"),
    "/text": (200, "text/plain", json.dumps(CHAT)),
    "/broken": (200, "application/json", "{"),
    "/loud": (200, "Application/JSON; charset=UTF-8", json.dumps(CHAT)),
    "/other": (200, "application/json", "[1]"),
}


class Handler(BaseHTTPRequestHandler):
    """Answers every request with what is known for its path."""

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        status, kind, body = BODIES[self.path]
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run the server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


try:
    import httpx2
except ImportError:  # comes with openai 3 and anthropic 2
    HTTPX = [httpx]
else:
    HTTPX = [httpx, httpx2]
LIBRARIES = [requests, *HTTPX]


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.__name__)
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/chat/completions", reading(tokens=TOKENS)),
        ("/v1/messages", reading(tokens=TOKENS)),
        ("/failed", reading("error")),
        ("/text", reading()),
        ("/loud", reading(tokens=TOKENS)),
        ("/broken", reading()),
        ("/other", reading()),
    ],
)
def test_c6_http_responses(library, path, expected, server, read):
    """JSON bodies are read by their shape; an error status is an error."""
    assert expected == read(library.get(server + path))


@pytest.mark.parametrize("library", HTTPX, ids=lambda library: library.__name__)
def test_c6_an_unread_body_is_never_touched(library, server, read):
    """A response that is streamed is the caller's to read, before and after."""
    with library.stream("GET", server + "/chat/completions") as response:
        assert reading() == read(response)
        assert CHAT == json.loads(b"".join(response.iter_bytes()))
        assert reading() == read(response)


def test_c6_an_unread_body_of_requests_is_never_touched(server, read):
    """Same for requests, which would swallow the stream."""
    with requests.get(server + "/chat/completions", stream=True, timeout=5) as response:
        assert reading() == read(response)
        assert CHAT == json.loads(b"".join(response.iter_content(100)))
        assert reading() == read(response)


def test_c6_raw_response_wrappers(server, read):
    """`with_raw_response` has read the body: it tells the tokens."""
    chat = {"model": "m", "messages": []}
    raw = openai.OpenAI(api_key="none", base_url=server).chat.completions.with_raw_response.create(**chat)
    message = anthropic.Anthropic(api_key="none", base_url=server).messages.with_raw_response.create(
        **chat, max_tokens=1
    )

    assert reading(tokens=TOKENS) == read(raw)
    assert reading(tokens=TOKENS) == read(message)


def test_c6_streaming_response_wrappers(server, read):
    """`with_streaming_response` has not: nothing is read ahead of the caller."""
    client = openai.OpenAI(api_key="none", base_url=server)
    with client.chat.completions.with_streaming_response.create(model="m", messages=[]) as response:
        assert reading(None) == read(response)
        assert "hi" == response.parse().choices[0].message.content
        assert reading(tokens=TOKENS) == read(response)


def test_c4_sdks_are_matched_by_name():
    """The two httpx are unrelated classes of one name."""
    found = [_registry.extractor_for(library.Response) for library in LIBRARIES]

    assert 1 == len(set(found))
