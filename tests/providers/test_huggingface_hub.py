"""Hugging Face's SDK (C6, C8, E4)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ldai.tracker import TokenUsage

from by_registry import said
from chat_wire import CALL, CHAT, SSE, TOKENS, chunk, completion, sse, stream
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

hub = needs("huggingface_hub")

PLAIN = completion("tool_calls", tool_calls=[CALL])
DETAILS = {"finish_reason": "length", "generated_tokens": 5, "prefill": [], "tokens": []}
WRITTEN = TokenUsage(total=5, input=0, output=5)


def parse(kind: str, value: Any) -> Any:
    """Parse what the server sent as the SDK does."""
    return getattr(hub, kind).parse_obj_as_instance(value)


def read(kind: str, value: Any) -> Any:
    """Read a response as the SDK's class."""
    response = parse(kind, value)
    return _registry.find(response).extractor(response)


def fold(kind: str, *chunks: Any) -> tuple[Any, list[bool]]:
    """Fold chunks as the SDK parses them."""
    parsed = [parse(kind, chunk) for chunk in chunks]
    extractor = _registry.find_chunk(parsed[0]).extractor()
    return extractor, [extractor.feed(chunk) for chunk in parsed]


def token(text: str, *, special: bool = False, **changes: Any) -> dict[str, Any]:
    """Return a token of a text."""
    return {"index": 1, "token": {"id": 1, "logprob": 0.0, "text": text, "special": special}, **changes}


def test_c6_chats():
    """They have OpenAI's fields, in dicts with attributes."""
    assert reading("success", TOKENS, ["get_weather"]) == read("ChatCompletionOutput", PLAIN)
    assert reading("error", TOKENS) == read("ChatCompletionOutput", completion("content_filter"))
    assert reading() == read("ChatCompletionOutput", completion(usage=None))


def test_c6_texts():
    """They count what was written, if details were asked for."""
    assert reading(tokens=WRITTEN) == read("TextGenerationOutput", {"generated_text": "hi", "details": DETAILS})
    assert reading() == read("TextGenerationOutput", {"generated_text": "hi"})


def test_c8_chats():
    """Text, reasoning and calls are output; the usage comes if it was asked for."""
    folded, fed = fold("ChatCompletionStreamOutput", chunk(content=""), chunk(reasoning="hm"), *stream())
    unasked, _ = fold("ChatCompletionStreamOutput", *stream(usage=None))

    assert [False, True, False, True, True, False] == fed
    assert folded.complete
    assert reading("success", TOKENS, ["get_weather"]) == folded.result()
    assert reading("success", None, ["get_weather"]) == unasked.result()


def test_c8_texts():
    """Tokens are output but for special ones; the last one has the details, and here the prompt's length."""
    last = token("</s>", special=True, generated_text="hi", details={**DETAILS, "input_length": 7})
    folded, fed = fold("TextGenerationStreamOutput", token("<s>", special=True), token("hi"), last)
    brief, _ = fold("TextGenerationStreamOutput", token("hi"), token("", generated_text="hi"))
    broken, _ = fold("TextGenerationStreamOutput", token("hi"))

    assert [False, True, False] == fed
    assert (True, True, False) == (folded.complete, brief.complete, broken.complete)
    assert reading(tokens=TOKENS) == folded.result()
    assert reading() == brief.result()


ANSWERS = [((json.dumps(PLAIN),), "application/json", False), (sse(*stream()), SSE, True)]


@pytest.mark.parametrize(("answer", "content_type", "streaming"), ANSWERS)
def test_the_sync_client(answer, content_type, streaming):
    """Plain calls and streams are recorded."""
    with answering(*answer, content_type=content_type) as url, hub.InferenceClient(base_url=url, api_key="x") as client:
        recorded = track(lambda: client.chat_completion(CHAT["messages"], stream=streaming))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


@pytest.mark.anyio
@pytest.mark.parametrize(("answer", "content_type", "streaming"), ANSWERS)
async def test_the_async_client(answer, content_type, streaming):
    """Plain calls and streams are recorded."""
    with answering(*answer, content_type=content_type) as url:
        async with hub.AsyncInferenceClient(base_url=url, api_key="any") as client:
            recorded = await atrack(lambda: client.chat_completion(CHAT["messages"], stream=streaming))

    assert Recorded("success", 7, 5, ["get_weather"], streaming) == recorded


def test_c6_text_whose_tokens_are_estimated():
    """All tokens but special ones."""
    tokens = [parse("TextGenerationStreamOutput", token(*written)) for written in (["hi"], [" there"])]
    end = parse("TextGenerationStreamOutput", token("</s>", special=True))

    assert "hi there" == said(*tokens, end)
