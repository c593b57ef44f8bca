"""Reading recorded cases: what is kept, and what is said of a folder that has none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ldtrack.replay._cases import Driver, NoCasesError, load
from ldtrack.replay._server import pieces
from ldtrack.replay.sdks import sdk_of
from recorded import case


def write(folder: Path, *cases: Any) -> Path:
    """Write cases into a file of the folder."""
    (folder / "cases.json").write_text(json.dumps({"stratum": "own", "cases": cases}))
    return folder


def test_cases_of_other_sdks_are_counted_and_not_read(tmp_path):
    """What only other SDKs can play needs no more than its drivers."""
    write(tmp_path, case(), {"drivers": {"elsewhere": {"modes": ["sync"]}}}, {"drivers": {}})

    recording = load(tmp_path, sdk_of)

    assert (1, 2) == (len(recording.cases), recording.others)
    assert {"openai": Driver(["sync", "async"])} == recording.cases[0].drivers


def test_base64_bodies_are_decoded(tmp_path):
    """A body that is no text comes in base64."""
    write(tmp_path, case(response={"status": 200, "headers": {}, "body": "aGk=", "body_encoding": "base64"}))

    assert b"hi" == load(tmp_path, sdk_of).cases[0].response.body


@pytest.mark.parametrize("content", ["[]", '{"cases": []}', "{}"])
def test_a_folder_without_cases_says_so(tmp_path, content):
    """JSON of another kind has no cases."""
    (tmp_path / "other.json").write_text(content)

    with pytest.raises(NoCasesError, match="has no cases"):
        load(tmp_path, sdk_of)


def test_a_file_is_no_folder(tmp_path):
    """The path is named."""
    with pytest.raises(NoCasesError, match="nowhere is not a folder"):
        load(tmp_path / "nowhere", sdk_of)


def test_broken_json_names_the_file(tmp_path):
    """One broken file stops the reading: a replay that leaves cases out would mislead."""
    (tmp_path / "broken.json").write_text('{"cases": [')

    with pytest.raises(NoCasesError, match=r"broken\.json is not valid JSON"):
        load(tmp_path, sdk_of)


@pytest.mark.parametrize(
    "broken", [{"id": "x", "drivers": {"openai": {}}}, {"id": "x"}, "x", {**case(), "id": "x", "response": {}}]
)
def test_a_case_that_cannot_be_read_is_named(tmp_path, broken):
    """A case of another format is told by its id."""
    with pytest.raises(NoCasesError, match="case 'x' cannot be read"):
        load(write(tmp_path, broken), sdk_of)


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_streams_are_cut_into_events(end):
    """Each piece is one event; together they are the recorded bytes."""
    events = [b"event: a\ndata: 1" + end, b"data: 2" + end, b"data: rest"]

    assert events == list(pieces(b"".join(events), "text/event-stream"))


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/stream+json"])
def test_lines_of_json_are_sent_one_by_one(content_type):
    """Each line is one event."""
    lines = [b'{"a": 1}\n', b'{"b": 2}\n']

    assert lines == list(pieces(b"".join(lines), content_type))


def test_aws_frames_are_sent_one_by_one():
    """Each frame begins with its length; what is broken is sent as it is."""
    frames = [b"\0\0\0\x06ab", b"\0\0\0\x05c", b"\0\0\0\0rest"]

    assert frames == list(pieces(b"".join(frames), "application/vnd.amazon.eventstream"))


def test_an_agent_loop_has_the_responses_of_its_steps(tmp_path):
    """The steps are named by their ids, and played in their order."""
    first, second = case(id="own.1"), case(id="own.2", streaming=True)
    loop = case(id="own.loop", kind="run", steps=["own.1", "own.2"], tools=["search"], response=None)

    cases = {found.id: found for found in load(write(tmp_path, first, second, loop), sdk_of).cases}

    assert [False, True] == [step.streaming for step in cases["own.loop"].steps]
    assert [True, False] == [cases["own.loop"].is_run, cases["own.1"].is_run]
    assert ["search"] == cases["own.loop"].tools
