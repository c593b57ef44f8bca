"""google-genai: streams are plain generators, which ask the server only when stepped (C8, E4, F5)."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import read
from ldtrack._loopback import serve
from ldtrack.demo import answering
from ldtrack.local import LocalLaunchDarkly
from ldtrack.replay._cases import Recorded
from ldtrack.replay._server import Player
from needs import needs

genai = needs("google.genai", "google-genai")
extra_utils = needs("google.genai._extra_utils", "google-genai")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

SSE = "text/event-stream"
CALL = {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}
QUESTION: Any = {"model": "gemini-2.5-flash", "contents": "weather?"}


def chunk(*parts: Any, reason: str | None = None, counts: tuple[int, ...] = (), **changes: Any) -> dict[str, Any]:
    """Return one chunk: counts are of the prompt, the candidates and the thoughts."""
    candidate = {"content": {"role": "model", "parts": list(parts)}, **changes}
    if reason:
        candidate["finishReason"] = reason
    names = ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    return {"candidates": [candidate], "usageMetadata": dict(zip(names, counts, strict=False)), "responseId": "a"}


def sse(*chunks: dict[str, Any]) -> list[str]:
    """Return server-sent events."""
    return [f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in chunks]


PIECES = sse(
    chunk({"text": "", "thought": True}, counts=(10,)),
    chunk({"text": "hm", "thought": True}, counts=(10, 0, 8)),
    chunk({"text": "hi"}, counts=(10, 2, 20)),
    chunk({"text": "!"}, reason="STOP", counts=(10, 5, 20)),
)
"""A stream whose first chunk holds an empty thought."""


def weather(city: str) -> str:
    """Tell the weather."""
    return f"rain in {city}"


def client(url: str) -> Any:
    """Return a client of a loopback server."""
    return genai.Client(vertexai=False, api_key="any", http_options={"base_url": url})


def playing(*answers: list[str]) -> Any:
    """Serve streams after each other."""
    player = Player()
    steps = [Recorded(200, {"content-type": SSE}, "".join(answer).encode(), streaming=True) for answer in answers]
    player.play(SimpleNamespace(steps=steps))
    return serve(player.app())


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The SDK's async client runs on asyncio only."""
    return "asyncio"


def recorded(local: LocalLaunchDarkly) -> tuple[Any, ...]:
    """What was recorded of the one run."""
    (run,) = local.runs()
    return run.outcome, run.input_tokens, run.output_tokens, run.tool_calls


@pytest.mark.parametrize("chat", [False, True])
def test_f5_a_returned_stream(chat, local, track):
    """It stays a generator. The last chunk's counts hold; the first token comes with the first thought."""
    with answering(*PIECES, content_type=SSE) as url, client(url) as gemini:
        if chat:
            stream = track(gemini.chats.create(model="gemini-2.5-flash").send_message_stream)("hi")
        else:
            stream = track(gemini.models.generate_content_stream)(**QUESTION)
        assert inspect.isgenerator(stream)
        assert ["hi", "!"] == [part.text for piece in stream for part in piece.candidates[0].content.parts][2:]

    assert ("success", 10, 25, []) == recorded(local)
    assert 40 <= local.runs()[0].time_to_first_token_ms <= local.runs()[0].duration_ms


@pytest.mark.anyio
async def test_f5_a_returned_async_stream(local, track):
    """Awaited, it is an async generator."""

    @track
    async def ask(gemini: Any) -> Any:
        return await gemini.models.generate_content_stream(**QUESTION)

    with answering(*PIECES, content_type=SSE) as url:
        async with client(url).aio as gemini:
            stream = await ask(gemini)
            assert inspect.isasyncgen(stream)
            assert 4 == len([piece async for piece in stream])

    assert ("success", 10, 25, []) == recorded(local)
    assert local.runs()[0].time_to_first_token_ms >= 40


@pytest.mark.anyio
async def test_f2_an_async_generator_function(local, track):
    """The body iterates the SDK's stream."""

    @track
    async def ask(gemini: Any) -> AsyncIterator[Any]:
        async for piece in await gemini.models.generate_content_stream(**QUESTION):
            yield piece

    with answering(*PIECES, content_type=SSE) as url:
        async with client(url).aio as gemini:
            assert 4 == len([piece async for piece in ask(gemini)])

    assert ("success", 10, 25, []) == recorded(local)


def test_e_a_stream_left_early_has_the_counts_so_far(local, track):
    """As a running total, each chunk's counts are right for themselves."""
    with answering(*PIECES, content_type=SSE) as url, client(url) as gemini:
        stream = track(gemini.models.generate_content_stream)(**QUESTION)
        next(stream)
        next(stream)
        stream.close()

    assert ("success", 10, 8, []) == recorded(local)


def test_e_a_stream_without_its_end_is_an_error(local, track):
    """The connection ended, and no exception tells."""
    with answering(*PIECES[:-1], content_type=SSE) as url, client(url) as gemini:
        assert 3 == len(list(track(gemini.models.generate_content_stream)(**QUESTION)))

    assert ("error", 10, 22, []) == recorded(local)


@pytest.mark.parametrize("parts", [[], [{"text": "x"}]])
def test_e_a_stopped_stream_is_an_error(parts, local, track):
    """Whether there was output before or not."""
    with (
        answering(*sse(chunk(*parts, reason="SAFETY", counts=(10, 1))), content_type=SSE) as url,
        client(url) as gemini,
    ):
        list(track(gemini.models.generate_content_stream)(**QUESTION))

    assert ("error", 10, 1, []) == recorded(local)


def test_c8_automatic_function_calling_adds_its_requests_up(local, track):
    """The SDK calls the function between two requests, of which each counts from the start."""
    first = sse(chunk({"text": "hm"}, counts=(10, 1)), chunk(CALL, reason="STOP", counts=(10, 4, 2)))
    second = chunk({"text": "rain"}, counts=(30, 1)), chunk({"text": "!"}, reason="STOP", counts=(30, 7))

    with playing(first, sse(*({**piece, "responseId": "b"} for piece in second))) as url, client(url) as gemini:
        stream = track(gemini.models.generate_content_stream)(**QUESTION, config={"tools": [weather]})
        assert 4 == len(list(stream))

    assert ("success", 40, 13, ["weather"]) == recorded(local)


def test_c6_a_stream_whose_chunks_are_kept_counts_as_much(local, track):
    """They are responses, too, but those of one id are one; several responses have an id each."""
    with answering(*PIECES, content_type=SSE) as url, client(url) as gemini:
        kept = track(lambda: list(gemini.models.generate_content_stream(**QUESTION)))()

    assert ("success", 10, 25, []) == recorded(local)
    last = kept[-1]
    assert (
        TokenUsage(total=70, input=20, output=50) == read([last, last.model_copy(update={"response_id": "b"})]).tokens
    )


@pytest.mark.skipif(not hasattr(extra_utils, "StreamContinuation"), reason="this release does not continue by itself")
def test_c8_a_continued_generation_counts_once(local, track):
    """The SDK follows the token of a generation that the server cut, and adds the usage up by itself."""
    token = {"continuationToken": "dG9rZW4="}
    first = sse(
        chunk({"text": "h"}, counts=(10, 1)), chunk({"text": "i"}, reason="CONTINUATION", counts=(10, 4), **token)
    )
    second = sse({**chunk({"text": "!"}, reason="STOP", counts=(12, 3)), "responseId": "b"})

    with playing(first, second) as url, client(url) as gemini:
        pieces = list(track(gemini.models.generate_content_stream)(**QUESTION))

    usage = pieces[-1].usage_metadata
    assert ("success", 22, 7, []) == recorded(local)
    assert (22, 7) == (usage.prompt_token_count, usage.candidates_token_count)


def test_e_an_error_in_the_middle_is_raised(local, track):
    """The SDK raises what it finds among the chunks."""
    error = f"data: {json.dumps({'error': {'code': 503, 'message': 'overloaded', 'status': 'UNAVAILABLE'}})}\r\n\r\n"

    with (
        answering(PIECES[2], error, content_type=SSE) as url,
        client(url) as gemini,
        pytest.raises(genai.errors.APIError),
    ):
        list(track(gemini.models.generate_content_stream)(**QUESTION))

    assert ("error", 10, 22, []) == recorded(local)
