"""The Responses API in Mistral's SDK, which is there since major version 3 (C6, C8)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chat_wire import SSE, sse
from ldtrack.demo import answering
from needs import needs
from whole_way import Recorded, atrack, track

package = needs("mistralai")
if hasattr(package, "Mistral"):
    pytest.skip("mistralai 1 has no Responses API", allow_module_level=True)
sdk = needs("mistralai.client")
if not hasattr(sdk.models, "CreateResponseResponse"):
    pytest.skip("mistralai 2 has no Responses API", allow_module_level=True)

QUESTION: Any = {"model": "m", "input": "Weather?"}
CALL = {
    "type": "function_call",
    "id": "f",
    "call_id": "1",
    "name": "get_weather",
    "arguments": "{}",
    "status": "completed",
}
USAGE = {
    "input_tokens": 7,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
    "output_tokens": 5,
    "output_tokens_details": {"reasoning_tokens": 2},
    "total_tokens": 12,
}


def body(status: str = "completed", *, usage: Any = USAGE) -> dict[str, Any]:
    """Return a response."""
    known = {"id": "r", "object": "response", "created_at": 1, "model": "m", "parallel_tool_calls": True}
    return {**known, "tool_choice": "auto", "tools": [], "output": [CALL], "status": status, "usage": usage}


def frames(last: str, status: str) -> list[dict[str, Any]]:
    """Return the events of a stream."""
    text = {"type": "response.output_text.delta", "content_index": 0, "delta": "hi", "item_id": "w", "logprobs": []}
    item = {"type": "response.output_item.done", "item": CALL}
    created = {"type": "response.created", "response": body("in_progress", usage=None)}
    events = [created, text, item, {"type": last, "response": body(status)}]
    return [{**event, "output_index": 0, "sequence_number": number} for number, event in enumerate(events)]


def events(last: str, status: str) -> list[str]:
    """Return the events as they are sent."""
    return [
        f"event: {frame['type']}\n{piece}"
        for frame, piece in zip(frames(last, status), sse(*frames(last, status), done=False))
    ]


ANSWERS: list[Any] = [
    ([json.dumps(body())], "application/json", Recorded("success", 7, 5, ["get_weather"], False)),
    ([json.dumps(body("failed"))], "application/json", Recorded("error", 7, 5, ["get_weather"], False)),
    (events("response.completed", "completed"), SSE, Recorded("success", 7, 5, ["get_weather"], True)),
    (events("response.failed", "failed"), SSE, Recorded("error", 7, 5, ["get_weather"], True)),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The SDK's async methods run on asyncio only."""
    return "asyncio"


@pytest.mark.parametrize(("pieces", "content_type", "expected"), ANSWERS)
def test_c6_the_sync_method(pieces, content_type, expected):
    """Responses are read as OpenAI's are; events come wrapped."""
    with answering(*pieces, content_type=content_type) as url, sdk.Mistral(api_key="any", server_url=url) as client:
        recorded = track(lambda: client.responses.create(**QUESTION, stream=content_type == SSE))

    assert expected == recorded


@pytest.mark.anyio
@pytest.mark.parametrize(("pieces", "content_type", "expected"), ANSWERS)
async def test_c6_the_async_method(pieces, content_type, expected):
    """Same as the sync method."""
    with answering(*pieces, content_type=content_type) as url:
        async with sdk.Mistral(api_key="any", server_url=url) as client:
            recorded = await atrack(lambda: client.responses.create_async(**QUESTION, stream=content_type == SSE))

    assert expected == recorded
