"""The replay of recorded calls through google-genai: both services, all kinds of calls."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ldtrack.replay._cases import load
from ldtrack.replay._play import replay
from ldtrack.replay.sdks import sdk_of
from needs import needs

needs("google.genai", "google-genai")

pytestmark = pytest.mark.filterwarnings("ignore")

GEMINI = "/v1beta/models/gemini-2.5-flash"
VERTEX = "/v1beta1/projects/any/locations/global/publishers/google/models/gemini-2.5-flash"
ANSWER = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 20},
}


def case(name: str, path: str, body: str, *, stream: bool = False, **expected: Any) -> dict[str, Any]:
    """Return a recorded call."""
    known = {
        "input": 10,
        "output": 25,
        "total": 35,
        "usage_reported": True,
        "success": True,
        "ttft_expected": stream,
        "tool_calls": [],
        "alt": {},
        "unscored": [],
    }
    return {
        "id": name,
        "kind": "call",
        "provider": "gemini",
        "endpoint": "embed_content" if "embed" in path else "generate_content",
        "streaming": stream,
        "request": {"path": path, "body": {"contents": [{"parts": [{"text": "hi"}]}]}},
        "response": {
            "status": 200,
            "headers": {"content-type": "text/event-stream" if stream else "application/json"},
            "body": body,
            "body_encoding": "utf-8",
        },
        "expected": {**known, **expected},
        "drivers": {"google_genai": {"modes": ["sync", "async"]}},
    }


def test_recorded_calls_are_played_through_the_sdk(tmp_path: Path):
    """Each sync and async, and nothing differs from what is expected."""
    whole, event = json.dumps(ANSWER), f"data: {json.dumps(ANSWER)}\r\n\r\n"
    nothing = {"input": None, "output": None, "total": None, "usage_reported": False}
    embeddings = json.dumps({"embeddings": [{"values": [0.1]}]})
    cases = [
        case("1", f"{GEMINI}:generateContent", whole),
        case("2", f"{VERTEX}:generateContent", whole),
        case("3", f"{GEMINI}:streamGenerateContent?alt=sse", event, stream=True),
        case("4", f"{VERTEX}:streamGenerateContent?alt=sse", event, stream=True),
        case("5", "/v1beta/models/gemini-embedding-001:batchEmbedContents", embeddings, **nothing),
    ]
    (tmp_path / "gemini.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")

    report = replay(load(tmp_path, sdk_of), lambda _done, _all: None)

    assert [] == report.mismatches
    assert 14 == sum(row.calls for row in report.rows.values())
