"""The loopback server of the examples."""

from __future__ import annotations

import httpx
import pytest

from ldtrack.demo import answering


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_every_request_gets_the_same_answer(method):
    """Whatever the path and the method; status and headers are as asked for."""
    with answering('{"a": 1}', headers={"x-count": "3"}, status=429) as url, httpx.Client() as client:
        response = client.request(method, f"{url}/any/path?beta=true")

    assert ({"a": 1}, 429, "3") == (response.json(), response.status_code, response.headers["x-count"])
    assert "application/json" == response.headers["content-type"]


def test_several_pieces_are_a_stream():
    """They come one after the other; bytes are sent as they are."""
    events = ("data: 1\n\n", b"data: 2\n\n")
    with answering(*events, content_type="text/event-stream") as url, httpx.stream("POST", url) as response:
        pieces = list(response.iter_bytes())

    assert [b"data: 1\n\n", b"data: 2\n\n"] == pieces
