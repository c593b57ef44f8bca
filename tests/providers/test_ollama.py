"""Ollama's SDK, whose chunks are of the same classes as whole responses (C6, C8, E4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import fold, said
from chat_wire import CHAT
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

ollama = needs("ollama")

TOKENS = TokenUsage(total=12, input=7, output=5)
KNOWN = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
COUNTS = {"prompt_eval_count": 7, "eval_count": 5}
DONE = {"done": True, "done_reason": "stop", **COUNTS}
CALL = {"function": {"name": "get_weather", "arguments": {}}}


def chat(content: str = "", *, done: bool = False, **message: Any) -> dict[str, Any]:
    """Return a chat, or a chunk of one."""
    end = DONE if done else {"done": False}
    return {**KNOWN, "message": {"role": "assistant", "content": content, **message}, **end}


def text(response: str = "", *, done: bool = False, **changes: Any) -> dict[str, Any]:
    """Return a text, or a chunk of one."""
    return {**KNOWN, "response": response, **(DONE if done else {"done": False}), **changes}


CHAT_STREAM = [chat(""), chat(thinking="hm"), chat("hi"), chat(tool_calls=[CALL]), chat(done=True)]
TEXT_STREAM = [text(""), text(thinking="hm"), text("hi"), text(image="aGk="), text(done=True)]


@pytest.fixture(params=["parsed", "plain"])
def parse(request):
    """Parse as the SDK does, or not at all."""

    def parsing(value: dict[str, Any]) -> Any:
        if request.param == "plain":
            return value
        return ollama.ChatResponse(**value) if "message" in value else ollama.GenerateResponse(**value)

    return parsing


def test_c6_chats_and_texts(parse):
    """Counts are nullable; calls have names, and end as anything else."""
    called = chat("hi", done=True, tool_calls=[CALL, {"function": {"name": "", "arguments": {}}}])
    uncounted = {**chat("hi", done=True), "prompt_eval_count": None, "eval_count": None}

    for value, expected in (
        (called, reading("success", TOKENS, ["get_weather"])),
        (text("hi", done=True), reading(tokens=TOKENS)),
        (uncounted, reading()),
    ):
        response = parse(value)
        assert expected == _registry.find(response).extractor(response)


@pytest.mark.parametrize("reason", ["load", "unload"])
def test_e_a_model_that_is_only_loaded_generates_nothing(reason, parse):
    """It is neither a success nor an error."""
    loaded = parse({**KNOWN, "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": reason})

    assert reading(None) == _registry.find(loaded).extractor(loaded)
    assert reading(None) == fold(loaded)[0].result()


def test_c6_embeddings():
    """They count the prompt only; those of the older call count nothing."""
    embedding, older = (
        ollama.EmbedResponse(embeddings=[[0.1]], prompt_eval_count=7),
        ollama.EmbeddingsResponse(embedding=[]),
    )
    body = {"model": "m", "embeddings": [[0.1]], "prompt_eval_count": 7}

    for response in (embedding, body):
        assert reading(tokens=TokenUsage(7, 7, 0)) == _registry.find(response).extractor(response)
    assert reading() == _registry.find(older).extractor(older)


def test_c8_streams(parse):
    """Text, thinking, calls and images are output; the counts come on the chunk that is done."""
    chats, fed_chats = fold(*map(parse, CHAT_STREAM))
    texts, fed_texts = fold(*map(parse, TEXT_STREAM))
    broken, _ = fold(*map(parse, CHAT_STREAM[:3]))

    assert [False, True, True, True, False] == fed_chats == fed_texts
    assert (True, True, False) == (chats.complete, texts.complete, broken.complete)
    assert reading("success", TOKENS, ["get_weather"]) == chats.result()
    assert reading(tokens=TOKENS) == texts.result()


def test_c8_several_messages(parse):
    """The steps of a loop add up."""
    folded, _ = fold(*map(parse, CHAT_STREAM * 2))

    assert reading("success", TokenUsage(24, 14, 10), ["get_weather", "get_weather"]) == folded.result()


def test_e_errors_in_plain_streams():
    """A line that has nothing but an error may end a stream; the SDK raises it."""
    folded, fed = fold(chat("hi"), {"error": "out of memory"})

    assert [True, False] == fed
    assert "error" == folded.result().outcome


def lines(*chunks: dict[str, Any]) -> list[str]:
    """Return lines of JSON."""
    return [f"{json.dumps(chunk)}\n" for chunk in chunks]


CALLS: list[Any] = [
    (lambda client: client.chat(**CHAT), [json.dumps(chat("hi", done=True))], False),
    (lambda client: client.generate("m", "hi"), [json.dumps(text("hi", done=True))], False),
    (lambda client: client.chat(**CHAT, stream=True), lines(*CHAT_STREAM[:3], CHAT_STREAM[-1]), True),
    (lambda client: client.generate("m", "hi", stream=True), lines(*TEXT_STREAM), True),
]


@pytest.mark.parametrize(("ask", "pieces", "streaming"), CALLS)
def test_the_sync_client(ask, pieces, streaming):
    """Plain calls and streams are recorded."""
    with answering(*pieces) as url:
        client = ollama.Client(url)
        recorded = track(lambda: ask(client))
        client.close()

    assert Recorded("success", 7, 5, [], streaming) == recorded


@pytest.mark.anyio
@pytest.mark.parametrize(("ask", "pieces", "streaming"), CALLS)
async def test_the_async_client(ask, pieces, streaming):
    """Plain calls and streams are recorded."""
    with answering(*pieces) as url:
        client = ollama.AsyncClient(url)
        recorded = await atrack(lambda: ask(client))
        await client.close()

    assert Recorded("success", 7, 5, [], streaming) == recorded


@pytest.mark.parametrize("stream", [CHAT_STREAM, TEXT_STREAM])
def test_c6_text_whose_tokens_are_estimated(stream):
    """What was thought and written, if the stream was left before its counts came."""
    assert "hmhi" == said(*stream)
