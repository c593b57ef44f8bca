"""F5, B4: the SDKs' raw and streaming responses, whose body the caller reads: ldtrack sees what he reads."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import anthropic
import openai
import pytest

from contract.helpers import Watch
from ldtrack import tracked
from support import KEY, only_run, outcome_count

pytestmark = pytest.mark.anyio

CHUNK: dict[str, Any] = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
USAGE = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
CHAT = [
    {**CHUNK, "choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": None}]},
    {**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {**CHUNK, "choices": [], "usage": USAGE},
]
COMPLETION = {
    **CHUNK,
    "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
    "usage": USAGE,
}
MESSAGE: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "m"}
READ = {"input_tokens": 3, "output_tokens": 5}
EVENTS = [
    {"type": "message_start", "message": {**MESSAGE, "usage": {"input_tokens": 3, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]
BODIES: dict[tuple[str, bool], Any] = {
    ("/chat/completions", False): COMPLETION,
    ("/chat/completions", True): CHAT,
    ("/audio/speech", False): "sound",
    ("/v1/messages", False): {**MESSAGE, "stop_reason": "end_turn", "usage": READ},
    ("/v1/messages", True): EVENTS,
}


class Handler(BaseHTTPRequestHandler):
    """Answers as both providers do."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        streamed = bool(request.get("stream"))
        body: Any = BODIES[self.path, streamed]
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if streamed else "application/json")
        self.end_headers()
        if streamed:
            events = "".join(f"event: {event.get('type', '')}\ndata: {json.dumps(event)}\n\n" for event in body)
            self.wfile.write(events.encode() + b"data: [DONE]\n\n" * ("messages" not in self.path))
        else:
            self.wfile.write((json.dumps(body) if request["model"] == "m" else "{").encode())

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Run the server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


REQUEST: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(params=["openai", "anthropic"])
def create(request: pytest.FixtureRequest, server: str) -> Iterator[Any]:
    """What makes a request; `raw` or `streaming` says how."""
    options: dict[str, Any] = {"api_key": "any", "base_url": server, "max_retries": 0}
    if request.param == "openai":
        client: Any = openai.OpenAI(**options)
        api, more = client.chat.completions, {}
    else:
        client = anthropic.Anthropic(**options)
        api, more = client.messages, {"max_tokens": 1}

    @tracked(KEY)
    def answer(kind: str, **own: Any) -> Any:
        return getattr(api, f"with_{kind}_response").create(**{**REQUEST, **more, **own})

    with client:
        yield answer


@pytest.fixture(params=["openai", "anthropic"])
async def acreate(request: pytest.FixtureRequest, server: str) -> Any:
    """The same, async."""
    options: dict[str, Any] = {"api_key": "any", "base_url": server, "max_retries": 0}
    if request.param == "openai":
        client: Any = openai.AsyncOpenAI(**options)
        api, more = client.chat.completions, {}
    else:
        client = anthropic.AsyncAnthropic(**options)
        api, more = client.messages, {"max_tokens": 1}

    @tracked(KEY)
    async def raw(**own: Any) -> Any:
        return await api.with_raw_response.create(**{**REQUEST, **more, **own})

    @tracked(KEY)
    def streaming(**own: Any) -> Any:
        return api.with_streaming_response.create(**{**REQUEST, **more, **own})

    async with client:
        yield {"raw": raw, "streaming": streaming}


def recorded(ld: Any) -> tuple[Any, ...]:
    """The outcome, the tokens, and whether output was timed."""
    run = only_run(ld)
    timed = run.time_to_first_token_ms is not None
    return run.outcome, outcome_count(run), run.input_tokens, run.output_tokens, timed


def test_f5_the_stream_of_a_raw_response(ld: Any, create: Any) -> None:
    """It is tracked from `parse()`, which gives the same stream each time."""
    response = create("raw", stream=True)
    stream = response.parse()
    assert [] == ld.runs()
    assert stream is response.parse()

    assert list(stream)
    assert ("success", 1, 3, 5, True) == recorded(ld)


async def test_f5_the_stream_of_an_async_raw_response(ld: Any, acreate: Any) -> None:
    """The same, async, whether `parse()` has to be awaited or not."""
    stream = (await acreate["raw"](stream=True)).parse()
    stream = stream if hasattr(stream, "__anext__") else await stream

    assert [chunk async for chunk in stream]
    assert ("success", 1, 3, 5, True) == recorded(ld)


def test_f5_a_raw_response_that_was_read_already(ld: Any, create: Any) -> None:
    """Its body tells the tokens at once."""
    response = create("raw")

    assert ("success", 1, 3, 5, False) == recorded(ld)
    assert "m" == response.parse().model


def test_f5_a_stream_of_which_the_body_was_read_at_once(ld: Any, server: str) -> None:
    """A mocked transport does that; it is a stream all the same."""

    @tracked(KEY)
    def answer(client: Any) -> Any:
        response = client.chat.completions.with_raw_response.create(**REQUEST, stream=True)
        response.http_response.read()
        return response

    with openai.OpenAI(api_key="any", base_url=server) as client:
        assert list(answer(client).parse())
    assert ("success", 1, 3, 5, True) == recorded(ld)


def test_f5_speech_that_is_saved_was_read(ld: Any, server: str, tmp_path: Path) -> None:
    """The SDK's own method reads all of it."""

    @tracked(KEY)
    def speak(client: Any) -> Any:
        return client.audio.speech.with_streaming_response.create(model="m", voice="alloy", input="hi")

    with openai.OpenAI(api_key="any", base_url=server) as client, speak(client) as response:
        response.stream_to_file(tmp_path / "speech")
        assert ("success", 1, None, None, False) == recorded(ld)


def test_d6_a_raw_response_that_nobody_parses(ld: Any, create: Any) -> None:
    """What its stream said is not known; the call took the time until its return."""
    watch = Watch()
    response = create("raw", stream=True)
    called = watch.ms
    time.sleep(0.05)
    response.http_response.close()
    del response

    assert (None, 0, None, None, False) == recorded(ld)
    assert only_run(ld).duration_ms <= called


@pytest.mark.parametrize("method", ["parse", "json", "text", "read"])
def test_f5_a_streaming_response_whose_body_is_read(ld: Any, create: Any, method: str) -> None:
    """The reading tells the tokens; nothing is read before the caller does."""
    with create("streaming") as response:
        assert [] == ld.runs()
        assert not response.http_response.is_stream_consumed
        body = getattr(response, method)()
        assert ("success", 1, 3, 5, False) == recorded(ld)
        assert body == getattr(response, method)()

    assert ("success", 1, 3, 5, False) == recorded(ld)


@pytest.mark.parametrize("method", ["parse", "json", "text", "read"])
async def test_f5_an_async_streaming_response_whose_body_is_read(ld: Any, acreate: Any, method: str) -> None:
    """The same, async."""
    async with acreate["streaming"]() as response:
        assert [] == ld.runs()
        assert await getattr(response, method)()

    assert ("success", 1, 3, 5, False) == recorded(ld)


def test_f5_the_stream_of_a_streaming_response(ld: Any, create: Any) -> None:
    """It is tracked as any stream; leaving the block in the middle is the consumer's close."""
    with create("streaming", stream=True) as response:
        assert list(response.parse())
    assert ("success", 1, 3, 5, True) == recorded(ld)

    ld.clear()
    with create("streaming", stream=True) as response:
        stream = response.parse()
        chunks = [next(stream) for _ in range(3)]
    assert 3 == len(chunks)
    assert ("success", True) == (recorded(ld)[0], recorded(ld)[-1])


async def test_f5_the_stream_of_an_async_streaming_response(ld: Any, acreate: Any) -> None:
    """The same, async."""
    async with acreate["streaming"](stream=True) as response:
        assert [chunk async for chunk in await response.parse()]

    assert ("success", 1, 3, 5, True) == recorded(ld)


def test_f5_a_streaming_response_that_is_closed_or_read_in_pieces(ld: Any, create: Any) -> None:
    """The pieces are the caller's own: nothing can be said of them."""
    with create("streaming") as response:
        assert list(response.iter_lines())

    assert (None, 0, None, None, False) == recorded(ld)


def test_e_a_body_that_is_no_json_is_an_error(ld: Any, create: Any) -> None:
    """The caller's own call raised."""
    with create("streaming", model="broken") as response, pytest.raises(ValueError):
        response.json()

    assert ("error", 1, None, None, False) == recorded(ld)


def test_e3_the_clock_of_a_manager_starts_when_it_is_entered(ld: Any, create: Any) -> None:
    """Until then nothing was asked; only the call itself counts before."""
    watch = Watch()
    manager = create("streaming")
    called = watch.ms
    time.sleep(0.1)
    watch = Watch()
    with manager as response:
        response.parse()

    assert only_run(ld).duration_ms <= called + watch.ms
