"""Together's SDK (C6, C8, E4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import read
from chat_wire import CALL, SSE, TOKENS, USAGE, chunk, completion, sse, stream
from ldtrack import _registry
from ldtrack._metrics import read as reading
from needs import needs

together = needs("together")
types = needs("together.types", "together")
chat = needs("together.types.chat", "together")

PLAIN = completion("tool_calls", tool_calls=[CALL])
ANSWERS = [((json.dumps(PLAIN),), "application/json", False), (sse(*stream()), SSE, True)]
TEXT = {"id": "c", "object": "text.completion", "created": 1, "model": "m", "prompt": [], "usage": USAGE}


def fold(kind: Any, *chunks: dict[str, Any]) -> tuple[Any, list[bool]]:
    """Fold chunks as the SDK parses them."""
    parsed = [kind.construct(**chunk) for chunk in chunks]
    extractor = _registry.find_chunk(parsed[0]).extractor()
    return extractor, [extractor.feed(chunk) for chunk in parsed]


def text_chunk(text: str | None = None, *, choice: Any = None, **changes: Any) -> dict[str, Any]:
    """Return a chunk of a text completion; a choice may hold more than the SDK declares."""
    token = {"id": 1, "logprob": 0.0, "special": False, "text": text or ""}
    choices = [{"index": 0, "text": text, **(choice or {})}]
    return {"id": "c", "object": "completion.chunk", "token": token, "choices": choices, **changes}


@pytest.mark.parametrize("reason", ["tool_calls", "stop", "eos", "length"])
def test_c6_chats(reason):
    """They have OpenAI's fields; the end of the text is a normal end."""
    value = completion(reason, tool_calls=[CALL])

    assert reading("success", TOKENS, ["get_weather"]) == read(chat.ChatCompletion.construct(**value))


def test_c6_what_is_no_chat():
    """Texts and reranking have tokens; embeddings have them only where the server sends what the SDK does not know."""
    text = types.Completion.construct(**TEXT, choices=[{"finish_reason": "eos", "text": "hi"}])
    vectors = {"data": [], "model": "m", "object": "list"}
    ranking = types.RerankCreateResponse.construct(model="m", object="rerank", results=[], usage=USAGE)

    assert reading(tokens=TOKENS) == read(text)
    assert reading(tokens=TOKENS) == read(ranking)
    assert reading() == read(types.Embedding.construct(**vectors))
    assert reading(tokens=TokenUsage(7, 7, 0)) == read(
        types.Embedding.construct(**vectors, usage={"prompt_tokens": 7, "total_tokens": 7})
    )
    assert reading() == read(types.ImageFile.construct(id="i", data=[], model="m", object="list"))


def test_c8_chats():
    """The usage counts on whichever chunk it comes; reasoning is output."""
    folded, fed = fold(chat.ChatCompletionChunk, chunk(content=""), chunk(reasoning="hm"), *stream())

    assert [False, True, False, True, True, False] == fed
    assert folded.complete
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()


@pytest.mark.parametrize(
    "last", [{"finish_reason": "eos"}, {"choice": {"finish_reason": "stop"}}, {"choice": {"finish_reason": "length"}}]
)
def test_c8_texts(last):
    """The reason stands beside the choices, or in one where the SDK declares nothing."""
    said = [text_chunk("hi"), text_chunk(choice={"delta": {"role": "assistant", "content": "ho"}})]
    folded, fed = fold(types.completion_chunk.CompletionChunk, text_chunk(), *said, text_chunk(usage=USAGE, **last))
    broken, _ = fold(types.completion_chunk.CompletionChunk, *said)

    assert [False, True, True, False] == fed
    assert (True, False) == (folded.complete, broken.complete)
    assert reading(tokens=TOKENS) == folded.result()
