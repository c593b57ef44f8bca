"""Parsed bodies and events of Cohere, Ollama and Groq, without their SDKs (C1, C6, E)."""

from __future__ import annotations

import json
from collections import UserDict
from typing import Any

import httpx
import pytest
from ldai.tracker import TokenUsage

from chat_wire import TOKENS, USAGE, stream
from cohere_wire import BILLED, START, V1_STREAM, V2_STREAM, call, end, reply, reply_v1
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from ldtrack.extractors.plain import DictStream

KNOWN = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
COUNTS = {"prompt_eval_count": 7, "eval_count": 5}
PROMPT = TokenUsage(total=7, input=7, output=0)
WEATHER = {"function": {"name": "get_weather", "arguments": {}}}
OLLAMA_CHAT = {
    **KNOWN,
    "message": {"role": "assistant", "content": "hi", "tool_calls": [WEATHER]},
    "done": True,
    **COUNTS,
}
OLLAMA_LOADED = {**KNOWN, "response": "", "done": True, "done_reason": "load"}

BODIES = [
    pytest.param(reply(), reading(tokens=TOKENS), id="cohere"),
    pytest.param(reply("ERROR"), reading("error", TOKENS), id="cohere failed"),
    pytest.param(reply_v1(), reading(tokens=TOKENS), id="cohere 1"),
    pytest.param({"embeddings": {}, "meta": BILLED}, reading(tokens=TokenUsage(3, 2, 1)), id="cohere embeddings"),
    pytest.param({"results": [], "meta": {"billed_units": {"search_units": 1}}}, reading(), id="cohere reranking"),
    pytest.param(OLLAMA_CHAT, reading("success", TOKENS, ["get_weather"]), id="ollama"),
    pytest.param(OLLAMA_LOADED, reading(None), id="ollama loaded"),
    pytest.param({"embeddings": [], "prompt_eval_count": 7}, reading(tokens=PROMPT), id="ollama embeddings"),
]


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_c1_bodies(body, expected, read):
    """A dict, a mapping and an HTTP response are read alike."""
    with answering(json.dumps(body)) as url:
        response = httpx.get(url)

    assert expected == read(body) == read(UserDict(body)) == read(response)


GROQ = stream(usage=None, extra={"x_groq": {"usage": USAGE}})
OLLAMA = [{**KNOWN, "response": "hi", "done": False}, {**KNOWN, "response": "", "done": True, **COUNTS}]
COHERE = [START, call("get_weather"), end("TOOL_CALL")]
STREAMS = [
    pytest.param(GROQ, reading("success", TOKENS, ["get_weather"]), id="groq"),
    pytest.param(OLLAMA, reading(tokens=TOKENS), id="ollama"),
    pytest.param(V2_STREAM, reading(tokens=TOKENS), id="cohere"),
    pytest.param(COHERE, reading("success", TOKENS, ["get_weather"]), id="cohere's calls"),
    pytest.param(V1_STREAM, reading(tokens=TOKENS), id="cohere 1"),
]


def fold(events: Any) -> tuple[DictStream, list[bool]]:
    """Fold a stream of dicts."""
    folded = DictStream()
    return folded, [folded.feed(event) for event in events]


@pytest.mark.parametrize(("events", "expected"), STREAMS)
def test_c8_streams(events, expected):
    """Parsed events are known from the first on; without the last one they are not complete."""
    folded, fed = fold(events)
    broken, _ = fold(events[:-1])

    assert DictStream is _registry.find_chunk(events[0]).extractor
    assert any(fed)
    assert (True, False) == (folded.complete, broken.complete)
    assert expected == folded.result()


def test_e_an_error_that_ends_a_stream_of_lines():
    """Ollama's is a line of its own."""
    assert "error" == fold([*OLLAMA[:1], {"error": "out of memory"}])[0].result().outcome


@pytest.mark.parametrize(
    "value",
    [{"meta": {"page": 1}}, {"usage": {"tokens": None}}, {"done": True}, {"done": 1, **KNOWN}],
)
def test_b5_what_only_resembles_them(value):
    """A dict of the user's own is left to the user's own extractor."""
    assert _registry.find(value) is None
    assert _registry.find_chunk(value) is None
