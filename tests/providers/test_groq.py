"""Groq's SDK (C6, C8, E4)."""

from __future__ import annotations

import json
from typing import Any

from ldai.tracker import TokenUsage

from by_registry import read
from chat_wire import CALL, CHAT, SSE, TOKENS, USAGE, chunk, completion, sse, stream
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, track

groq = needs("groq")
types = needs("groq.types", "groq")
audio = needs("groq.types.audio", "groq")
chat = needs("groq.types.chat", "groq")

PLAIN = completion("tool_calls", tool_calls=[CALL])
STREAM = stream(usage=None, extra={"x_groq": {"id": "req", "usage": USAGE}})
"""Usage comes without being asked for, in Groq's own field."""
ANSWERS = [((json.dumps(PLAIN),), "application/json", False), (sse(*STREAM), SSE, True)]


def fold(*chunks: dict[str, Any]) -> tuple[Any, list[bool]]:
    """Fold chunks as the SDK parses them."""
    parsed = [chat.ChatCompletionChunk.construct(**chunk) for chunk in chunks]
    extractor = _registry.find_chunk(parsed[0]).extractor()
    return extractor, [extractor.feed(chunk) for chunk in parsed]


def test_c6_completions():
    """They have OpenAI's fields."""
    assert reading("success", TOKENS, ["get_weather"]) == read(chat.ChatCompletion.construct(**PLAIN))
    assert reading() == read(chat.ChatCompletion.construct(**completion(usage=None)))


def test_c6_what_is_no_chat():
    """Embeddings have tokens; transcriptions and translations have none."""
    embeddings = {"data": [], "model": "m", "object": "list", "usage": {"prompt_tokens": 7, "total_tokens": 7}}

    assert reading(tokens=TokenUsage(7, 7, 0)) == read(types.CreateEmbeddingResponse.construct(**embeddings))
    assert reading() == read(audio.Transcription(text="hi"))
    assert reading() == read(audio.Translation.construct(text="hi"))


def test_c8_usage_in_groqs_own_field():
    """It counts where the declared one is null."""
    stream, fed = fold(*STREAM)

    assert [False, True, True, False] == fed
    assert stream.complete
    assert reading("success", TOKENS, ["get_weather"]) == stream.result()


def test_e4_reasoning_is_output():
    """It has a declared field of its own."""
    assert [False, True] == fold(chunk(content=""), chunk(reasoning="hm"))[1]


def test_e_errors_delivered_as_values():
    """What stopped a stream early is in Groq's own field, and the SDK does not raise it."""
    stopped = chunk(extra={"x_groq": {"error": "over capacity", "usage": USAGE}})

    assert reading("error", TOKENS) == fold(chunk(content="hi"), stopped)[0].result()


def test_f5_raw_responses():
    """The body behind the headers is read."""
    with answering(json.dumps(PLAIN)) as url, groq.Groq(api_key="any", base_url=url) as client:
        recorded = track(lambda: client.chat.completions.with_raw_response.create(**CHAT))

    assert Recorded("success", 7, 5, ["get_weather"], False) == recorded
