"""The replay of recorded calls through LangChain: each backend's package, and agents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ldtrack.replay._cases import load
from ldtrack.replay._play import replay
from ldtrack.replay.sdks import sdk_of
from needs import needs
from recorded import case, completion, expected, response, streamed

needs("langchain_core", "langchain-core")

pytestmark = pytest.mark.filterwarnings("ignore")

USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
CALL = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 4},
}
ITEM = {"type": "message", "id": "i", "role": "assistant", "status": "completed"}
RESPONSE = {
    "id": "r",
    "object": "response",
    "created_at": 1,
    "status": "completed",
    "model": "m",
    "output": [{**ITEM, "content": [{"type": "output_text", "text": "hi", "annotations": []}]}],
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
    "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
}
GEMINI = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": "hi"}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7},
}
CONVERSE = {
    "output": {"message": {"role": "assistant", "content": [{"text": "hi"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 3, "outputTokens": 4, "totalTokens": 7},
    "metrics": {"latencyMs": 1},
}


def play(folder: Path, *cases: dict[str, Any]) -> Any:
    """Play cases, and return the report."""
    (folder / "own.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")
    return replay(load(folder, sdk_of), lambda _done, _all: None)


def driven(driver: str, **changes: Any) -> dict[str, Any]:
    """Return a case that one driver plays."""
    return case(drivers={driver: {"modes": ["sync", "async"]}}, **changes)


@pytest.mark.parametrize(
    ("driver", "endpoint", "body"),
    [
        ("langchain_anthropic", "messages", MESSAGE),
        ("langchain_aws", "converse", CONVERSE),
        ("langchain_google_genai", "generate_content", GEMINI),
        ("langchain_groq", "chat.completions", completion()),
        ("langchain_mistralai", "chat.completions", completion()),
        ("langchain_openai", "chat.completions", completion()),
        ("langchain_openai", "responses", RESPONSE),
    ],
)
def test_each_backends_package_plays_a_call(tmp_path, driver, endpoint, body):
    """Sync and async."""
    needs(driver)

    report = play(tmp_path, driven(driver, endpoint=endpoint, response=response(body)))

    assert [] == report.mismatches
    assert 2 == sum(row.calls for row in report.rows.values())


def choice(reason: str | None = None, **delta: Any) -> dict[str, Any]:
    """Return a chunk."""
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


@pytest.mark.parametrize("delta", [{"content": "hi"}, {"refusal": "no"}])
def test_streams_are_played_though_the_package_drops_refusals(tmp_path, delta):
    """Nothing that begins reaches the caller then."""
    needs("langchain_openai")
    sent = streamed(choice(**delta), choice("stop"), {"choices": [], "usage": USAGE})

    report = play(
        tmp_path, driven("langchain_openai", streaming=True, response=sent, expected=expected(ttft_expected=True))
    )

    assert [] == report.mismatches
    assert 4 == sum(row.calls for row in report.rows.values())


@pytest.mark.parametrize("streaming", [False, True])
def test_agents_run_their_tools(tmp_path, streaming):
    """The tools do nothing; the calls add up."""
    needs("langchain.agents", "langchain")
    call = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    whole = [{"index": 0, "message": call, "finish_reason": "tool_calls"}]
    plain = [response(completion(choices=whole)), response(completion())]
    usage = {"choices": [], "usage": USAGE}
    events = [
        streamed(choice(tool_calls=[{"index": 0, **CALL}]), choice("tool_calls"), usage),
        streamed(choice(content="hi"), choice("stop"), usage),
    ]
    steps = [
        case(id=str(number), response=step, streaming=streaming, drivers={})
        for number, step in enumerate(events if streaming else plain)
    ]
    total = expected(input=6, output=8, total=14, tool_calls=["weather"], ttft_expected=streaming)
    run = driven(
        "langchain_agent", kind="run", steps=["0", "1"], tools=["weather"], expected=total, streaming=streaming
    )

    report = play(tmp_path, *steps, run)

    assert [] == report.mismatches
    assert (4 if streaming else 2) == sum(row.calls for row in report.rows.values())


def test_an_agents_model_is_of_the_backend_that_was_recorded(tmp_path):
    """Anthropic's messages, too."""
    needs("langchain.agents", "langchain")
    steps = [case(id=name, endpoint="messages", response=response(MESSAGE), drivers={}) for name in "01"]
    call = {"type": "tool_use", "id": "t", "name": "weather", "input": {}}
    steps[0]["response"] = response({**MESSAGE, "content": [call], "stop_reason": "tool_use"})
    total = expected(input=6, output=8, total=14, tool_calls=["weather"])
    run = driven(
        "langchain_agent", kind="run", endpoint="messages", steps=["0", "1"], tools=["weather"], expected=total
    )

    assert [] == play(tmp_path, *steps, run).mismatches
