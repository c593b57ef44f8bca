"""Writer's SDK (C6, C8, F5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from by_registry import fold, read, said
from chat_wire import CALL, CHAT, SSE, TOKENS, completion, sse, stream
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, track

writerai = needs("writerai", "writer-sdk")
types = needs("writerai.types", "writer-sdk")

PLAIN = completion("tool_calls", tool_calls=[CALL])
STREAM = sse(*stream(), done=False)
ANSWERS = [((json.dumps(PLAIN),), "application/json", False), (STREAM, SSE, True)]


@pytest.mark.parametrize(
    ("reason", "outcome"), [("stop", "success"), ("length", "success"), ("content_filter", "error")]
)
def test_c6_chats(reason, outcome):
    """They have OpenAI's fields, parsed or not."""
    assert reading(outcome, TOKENS) == read(types.ChatCompletion.construct(**completion(reason)))


@pytest.mark.parametrize(
    "value",
    [
        types.Completion.construct(choices=[{"text": "hi"}]),
        types.ApplicationGenerateContentResponse.construct(suggestion="hi"),
        types.Question.construct(answer="hi", question="?", sources=[]),
        types.TranslationResponse.construct(data="hi"),
        types.VisionResponse.construct(data="hi"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_c6_what_tells_no_tokens(value):
    """Texts, applications, graphs, translations and images are successes."""
    assert reading() == read(value)


def test_c8_chats():
    """Text and calls are output; the usage comes in the last chunk, if it was asked for."""
    folded, fed = fold(*(types.ChatCompletionChunk.construct(**chunk) for chunk in stream()))

    assert [False, True, True, False] == fed
    assert folded.complete
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()


@pytest.mark.parametrize(
    ("nothing", "something"),
    [
        (types.CompletionChunk(value=""), types.CompletionChunk(value="hi")),
        (
            types.ApplicationGenerateContentChunk.construct(delta={"stages": []}),
            types.ApplicationGenerateContentChunk.construct(delta={"content": "hi"}),
        ),
        (
            types.ApplicationGenerateContentChunk.construct(delta={"stages": []}),
            types.ApplicationGenerateContentChunk.construct(delta={"title": "hi"}),
        ),
        (
            types.QuestionResponseChunk.construct(data={"answer": "", "sources": []}),
            types.QuestionResponseChunk.construct(data={"answer": "hi", "sources": []}),
        ),
    ],
)
def test_e4_text_without_tokens(nothing, something):
    """The first text is the first token."""
    folded, fed = fold(nothing, something)

    assert [False, True] == fed
    assert reading() == folded.result()


def test_f5_the_stream_helper():
    """What the manager gives is followed, whatever drains it; derived events are not counted again."""

    def drain(manager: Any) -> None:
        with manager as stream:
            stream.until_done()

    with answering(*STREAM, content_type=SSE) as url, writerai.Writer(api_key="any", base_url=url) as client:
        recorded = track(lambda: client.chat.stream(**CHAT), drain)

    assert Recorded("success", 7, 5, ["get_weather"], True) == recorded


def test_c6_text_whose_tokens_are_estimated():
    """Writer tells no tokens of texts, applications and graphs."""
    parts = [types.ApplicationGenerateContentChunk.construct(delta=part) for part in ({"title": "a"}, {"content": "b"})]

    assert "ab" == said(*parts)
    assert "hi" == said(types.CompletionChunk(value="hi"))
    assert "hi" == said(types.QuestionResponseChunk.construct(data={"answer": "hi", "sources": []}))
