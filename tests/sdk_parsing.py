"""Recorded traffic, parsed by the SDKs' own classes, and compared with what the corpus expects."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Iterable, Iterator
from typing import Any

import anthropic
import openai
from anthropic._models import construct_type as anthropic_type
from anthropic.lib.streaming import MessageStream
from anthropic.types import Message, RawMessageStreamEvent
from openai._models import construct_type as openai_type
from openai.lib.streaming.chat import ChatCompletionStream
from openai.lib.streaming.responses import ResponseStream
from openai.types import Completion, CreateEmbeddingResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from corpus_folder import corpus_folder
from ldtrack._metrics import combined, outcome_in

try:
    import httpx2 as httpx
except ImportError:  # before openai 3 and anthropic 2
    import httpx

FAMILIES = ("openai.", "azure-openai.", "openai-compatible.", "anthropic.")

RESPONSES: dict[str, Any] = {
    "chat.completions": ChatCompletion,
    "completions": Completion,
    "embeddings": CreateEmbeddingResponse,
    "responses": Response,
    "responses.retrieve": Response,
    "messages": Message,
}
CHUNKS: dict[str, Any] = {
    "chat.completions": ChatCompletionChunk,
    "completions": Completion,
    "responses": ResponseStreamEvent,
    "messages": RawMessageStreamEvent,
}

OPENAI = openai.OpenAI(api_key="none")
ANTHROPIC = anthropic.Anthropic(api_key="none")


def recorded(*, streaming: bool) -> list[Any]:
    """Return the single calls of the families that the built-in readings serve; empty without a corpus."""
    return [case for case in _cases() if case["kind"] == "call" and case["streaming"] is streaming]


def recorded_runs() -> list[Any]:
    """Return the agent loops, each with its calls under `calls`."""
    by_id = {case["id"]: case for case in _cases()}
    runs = [case for case in by_id.values() if case["kind"] == "run"]
    return [{**run, "calls": [by_id[step] for step in run["steps"]]} for run in runs]


@functools.cache
def _cases() -> list[Any]:
    folder = corpus_folder()
    files = sorted(folder.glob("*.json")) if folder else []
    return [
        case
        for file in files
        if file.name.startswith(FAMILIES)
        for case in json.loads(file.read_text("utf-8"))["cases"]
    ]


def http_response(case: Any) -> httpx.Response:
    """Return the answer as the SDKs' HTTP client holds it."""
    response = case["response"]
    request = httpx.Request("POST", "https://provider.test" + case["request"]["path"])
    content = response["body"].encode()
    return httpx.Response(response["status"], content=content, headers=response["headers"], request=request)


def sdk_response(case: Any) -> Any:
    """Return the body as the SDK's own class, made as the SDK makes it: without validation."""
    kind, body = RESPONSES[case["endpoint"]], json.loads(case["response"]["body"])
    construct = anthropic_type if case["endpoint"] == "messages" else openai_type
    parsed = construct(type_=kind, value=body)
    assert isinstance(parsed, kind)
    return parsed


def sdk_chunks(case: Any) -> Iterator[Any]:
    """Decode a stream with the SDK's own decoder."""
    if case["endpoint"] == "messages":
        return iter(anthropic.Stream(cast_to=CHUNKS["messages"], response=http_response(case), client=ANTHROPIC))
    return iter(openai.Stream(cast_to=CHUNKS[case["endpoint"]], response=http_response(case), client=OPENAI))


def helper_events(case: Any) -> Iterator[Any]:
    """Decode a stream with the SDK's `.stream()` helper, which adds derived events."""
    if case["endpoint"] == "messages":
        stream = anthropic.Stream(cast_to=CHUNKS["messages"], response=http_response(case), client=ANTHROPIC)
        newer = "output_format" in inspect.signature(MessageStream).parameters
        return iter(MessageStream(stream, output_format=anthropic.omit) if newer else MessageStream(stream))
    stream = openai.Stream(cast_to=CHUNKS[case["endpoint"]], response=http_response(case), client=OPENAI)
    if case["endpoint"] == "responses":
        return iter(
            ResponseStream(raw_stream=stream, text_format=openai.omit, input_tools=openai.omit, starting_after=None)
        )
    return iter(ChatCompletionStream(raw_stream=stream, response_format=openai.omit, input_tools=openai.omit))


def plain_chunks(case: Any) -> Iterator[Any]:
    """Return the data of a stream's server-sent events as plain dicts."""
    for line in case["response"]["body"].splitlines():
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data != "[DONE]":
            yield json.loads(data)


def fold(find_chunk: Any, chunks: Iterable[Any]) -> tuple[Any, bool, int | None]:
    """Fold a stream as the core does: the reading, whether it is complete, and where output began."""
    by_type: dict[type, Any] = {}
    by_factory: dict[Any, Any] = {}
    first = None
    for position, chunk in enumerate(chunks):
        if type(chunk) not in by_type:
            factory = find_chunk(chunk).extractor
            by_type[type(chunk)] = by_factory[factory] = by_factory.get(factory) or factory()
        if by_type[type(chunk)].feed(chunk) and first is None:
            first = position
    complete = all(getattr(extractor, "complete", True) for extractor in by_factory.values())
    return combined(extractor.result() for extractor in by_factory.values()), complete, first


def differences(case: Any, reading: Any) -> dict[str, Any]:
    """Return the fields in which a reading is neither what is expected nor a defensible alternative."""
    tokens = reading.tokens
    got = {
        "input": tokens.input if tokens else 0,
        "output": tokens.output if tokens else 0,
        "total": tokens.total if tokens else 0,
        "success": {"success": True, "error": False, None: None}[outcome_in(reading)],
        "tool_calls": reading.tool_calls or [],
    }
    expected = case["expected"]
    wrong = {}
    for name, value in got.items():
        allowed = [expected[name], *expected["alt"].get(name, [])]
        absent = value == 0 and expected[name] is None
        if name not in expected["unscored"] and value not in allowed and not absent:
            wrong[name] = (allowed, value)
    return wrong
