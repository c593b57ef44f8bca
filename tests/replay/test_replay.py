"""The replay plays every shape through the real SDKs, and finds what is wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ldtrack.cli import main
from ldtrack.replay._report import Mismatch, Report
from ldtrack.replay._show import progress, show
from recorded import case, expected, response, streamed

CHUNKS = streamed(
    {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
    {"choices": [{"index": 0, "delta": {"content": "hi"}}]},
    {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}},
)
STREAM: dict[str, Any] = {"streaming": True, "response": CHUNKS, "expected": expected(ttft_expected=True)}
BOTH = {"modes": ["sync", "async"]}
RETRIEVED = {
    "id": "r",
    "object": "response",
    "created_at": 1,
    "model": "m",
    "status": "completed",
    "output": [],
    "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7},
    "parallel_tool_calls": True,
    "tool_choice": "auto",
    "tools": [],
}
MESSAGE = {
    "id": "m",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 4},
}
ASKED = {"model": "m", "messages": [], "max_tokens": 9}


def replay(folder: Path, capsys: Any, *cases: Any) -> tuple[int, str]:
    """Replay cases with the command; return its exit code and what it printed."""
    (folder / "cases.json").write_text(json.dumps({"cases": cases}))
    return main(["demo", "--replay", str(folder)]), capsys.readouterr().out


def test_every_kind_of_call_is_played(tmp_path, capsys):
    """Plain, raw, retrieved, streamed and helped calls, sync and async, of both SDKs, all match."""
    failed = {"expected": expected(success=False, usage_reported=False), "response": response({"error": {}}, 404)}
    code, out = replay(
        tmp_path,
        capsys,
        case(id="plain", drivers={"openai": BOTH, "openai_raw_response": BOTH}),
        case(id="failed", **failed),
        case(id="stream", **STREAM, drivers={"openai": BOTH, "openai_stream_helper": BOTH}),
        case(
            id="retrieved",
            endpoint="responses.retrieve",
            request={"path": "/v1/responses/r", "body": None},
            response=response(RETRIEVED),
        ),
        case(
            id="message",
            endpoint="messages",
            request={"path": "/v1/messages", "body": ASKED},
            response=response(MESSAGE),
            drivers={"anthropic": BOTH},
        ),
        case(
            id="beta",
            endpoint="messages",
            request={"path": "/v1/messages?beta=true", "body": ASKED},
            response=response(MESSAGE),
            drivers={"anthropic": {"modes": ["async"]}},
        ),
        {"id": "else", "drivers": {"elsewhere": BOTH}},
    )

    assert "6 cases, 21 calls," in out
    assert "no mismatch.\n1 cases need other SDKs" in out
    assert 0 == code


def test_mismatches_are_listed_and_fail_the_command(tmp_path, capsys):
    """A wrong expectation is found in each call, and counted by kind."""
    code, out = replay(tmp_path, capsys, case(expected=expected(input=5)))

    assert "own.1 (openai, sync function): input tokens 3, expected 5\n" in out
    assert "own.1 (openai, async function): input tokens 3, expected 5\n" in out
    assert "2 wrong: input tokens\n" in out
    assert "2 mismatches." in out
    assert 1 == code


@pytest.mark.parametrize(("tokens", "code"), [(3, 0), (5, 1)])
def test_one_mode_alone_can_be_played(tmp_path, capsys, tokens, code):
    """A case that only the sync client can take is played once; the exit code tells whether it matched."""
    only = case(expected=expected(input=tokens), drivers={"openai": {"modes": ["sync"]}})
    found, out = replay(tmp_path, capsys, only)

    assert "1 cases, 1 calls" in out
    assert code == found


def test_a_folder_without_cases_is_one_line(tmp_path, capsys):
    """The line names the folder; the exit code is that of a wrong argument."""
    assert 2 == main(["demo", "--replay", str(tmp_path / "nowhere")])
    assert f"ldtrack: {tmp_path}/nowhere is not a folder\n" == capsys.readouterr().err


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_is_shown_everywhere(terminal):
    """A terminal shows a bar; a file gets a line for each quarter, without control codes."""
    out = io.StringIO()
    with progress(Console(file=out, force_terminal=terminal, width=80, _environ={"TERM": "xterm"})) as advance:
        for done in range(1, 9):
            advance(done, 8)

    if terminal:
        assert "\x1b" in out.getvalue()
    else:
        assert [f"{n} of 8 calls replayed" for n in (2, 4, 6, 8)] == out.getvalue().splitlines()


def test_mismatches_are_printed_as_they_are():
    """Names with brackets are no markup, and long lines are not folded."""
    out = io.StringIO()
    mismatch = Mismatch("own.1", "openai, sync function", "tool calls", ["search"], ["[bold]" * 20])
    show(Console(file=out, width=80), Report(others=0, mismatches=[mismatch]))

    assert str(mismatch) in out.getvalue().splitlines()
