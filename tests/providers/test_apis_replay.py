"""The replay of recorded calls through the SDKs of Cohere, Groq, Hugging Face, Mistral, Ollama and Writer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chat_wire import CHAT, completion, sse, stream
from cohere_wire import V1_STREAM, V2_STREAM, reply, reply_v1
from cohere_wire import sse as cohere_sse
from ldtrack.replay._cases import load
from ldtrack.replay._play import replay
from ldtrack.replay.sdks import sdk_of
from needs import needs

pytestmark = pytest.mark.filterwarnings("ignore")

KNOWN = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
END = {"done": True, "prompt_eval_count": 7, "eval_count": 5}
NOTHING = {"input": None, "output": None, "total": None, "usage_reported": False}
PROMPT = {"output": 0, "total": 7}
CALLED = {"tool_calls": ["get_weather"]}
CHAT_BODY, CHAT_EVENTS = json.dumps(completion()), "".join(sse(*stream()))


def lines(*values: Any) -> str:
    """Return lines of JSON."""
    return "".join(f"{json.dumps(value)}\n" for value in values)


OLLAMA_CHAT = {**KNOWN, "message": {"role": "assistant", "content": "hi"}}
OLLAMA_TEXT = {**KNOWN, "response": "hi"}
EMBEDDED: Any = {"id": "e", "embeddings": {"float": [[0.1]]}, "meta": {"billed_units": {"input_tokens": 7}}}
RANKED: Any = {"id": "r", "results": [], "meta": {"billed_units": {"search_units": 1}}}
CHATS = [("chat.completions", CHAT_BODY, False, {}), ("chat.completions", CHAT_EVENTS, True, CALLED)]
CALLS: dict[str, list[tuple[str, str, bool, Any]]] = {
    "groq": CHATS,
    "huggingface_hub": CHATS,
    "mistralai": CHATS,
    "writerai": [("writer.chat", body, streaming, expected) for _, body, streaming, expected in CHATS],
    "ollama": [
        ("ollama.chat", lines({**OLLAMA_CHAT, **END}), False, {}),
        ("ollama.chat", lines({**OLLAMA_CHAT, "done": False}, {**OLLAMA_CHAT, **END}), True, {}),
        ("ollama.generate", lines({**OLLAMA_TEXT, **END}), False, {}),
        ("ollama.embed", lines({"embeddings": [[0.1]], "prompt_eval_count": 7}), False, PROMPT),
    ],
    "cohere": [
        ("cohere.chat_v1", json.dumps(reply_v1()), False, {}),
        ("cohere.chat_v1", lines(*V1_STREAM), True, {}),
        ("cohere.chat_v2", json.dumps(reply()), False, {}),
        ("cohere.chat_v2", "".join(cohere_sse(*V2_STREAM)), True, {}),
        ("cohere.embed", json.dumps(EMBEDDED), False, PROMPT),
        ("cohere.rerank", json.dumps(RANKED), False, NOTHING),
    ],
}
DISTRIBUTIONS = {"writerai": "writer-sdk"}


def case(driver: str, number: int) -> dict[str, Any]:
    """Return a recorded call."""
    endpoint, body, streaming, expected = CALLS[driver][number]
    known = {"input": 7, "output": 5, "total": 12, "usage_reported": True, "success": True, "ttft_expected": streaming}
    media = "application/json" if body.startswith("{") else "text/event-stream"
    return {
        "id": f"{driver}-{number}",
        "provider": driver,
        "endpoint": endpoint,
        "streaming": streaming,
        "request": {"path": "/chat", "body": CHAT},
        "response": {"status": 200, "headers": {"content-type": media}, "body": body, "body_encoding": "utf-8"},
        "expected": {**known, "tool_calls": [], "alt": {}, "unscored": [], **expected},
        "drivers": {driver: {"modes": ["sync", "async"]}},
    }


@pytest.mark.parametrize("driver", CALLS)
def test_recorded_calls_are_played_through_the_sdk(driver, tmp_path: Path):
    """Each kind of call, sync and async, in every shape, and nothing differs from what is expected."""
    needs(driver, DISTRIBUTIONS.get(driver))
    cases = [case(driver, number) for number in range(len(CALLS[driver]))]
    (tmp_path / "cases.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")

    report = replay(load(tmp_path, sdk_of), lambda _done, _all: None)

    assert [] == [str(mismatch) for mismatch in report.mismatches]
    assert sum(4 if call["streaming"] else 2 for call in cases) == sum(row.calls for row in report.rows.values())
