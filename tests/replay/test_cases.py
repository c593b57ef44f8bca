"""Reading recorded cases: what is kept, and what is said of a folder that has none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ldtrack.replay._cases import NoCasesError, load
from ldtrack.replay._drivers import SDK
from ldtrack.replay._server import server_sent_events
from recorded import case


def write(folder: Path, *cases: Any) -> Path:
    """Write cases into a file of the folder."""
    (folder / "cases.json").write_text(json.dumps({"stratum": "own", "cases": cases}))
    return folder


def test_cases_of_other_sdks_are_counted_and_not_read(tmp_path):
    """What only other SDKs can play needs no more than its drivers."""
    write(tmp_path, case(), {"drivers": {"cohere": {"modes": ["sync"]}}}, {"drivers": {}})

    recording = load(tmp_path, SDK)

    assert (1, 2) == (len(recording.cases), recording.others)
    assert {"openai": ["sync", "async"]} == recording.cases[0].drivers


def test_base64_bodies_are_decoded(tmp_path):
    """A body that is no text comes in base64."""
    write(tmp_path, case(response={"status": 200, "headers": {}, "body": "aGk=", "body_encoding": "base64"}))

    assert b"hi" == load(tmp_path, SDK).cases[0].response.body


@pytest.mark.parametrize("content", ["[]", '{"cases": []}', "{}"])
def test_a_folder_without_cases_says_so(tmp_path, content):
    """JSON of another kind has no cases."""
    (tmp_path / "other.json").write_text(content)

    with pytest.raises(NoCasesError, match="has no cases"):
        load(tmp_path, SDK)


def test_a_file_is_no_folder(tmp_path):
    """The path is named."""
    with pytest.raises(NoCasesError, match="nowhere is not a folder"):
        load(tmp_path / "nowhere", SDK)


def test_broken_json_names_the_file(tmp_path):
    """One broken file stops the reading: a replay that leaves cases out would mislead."""
    (tmp_path / "broken.json").write_text('{"cases": [')

    with pytest.raises(NoCasesError, match=r"broken\.json is not valid JSON"):
        load(tmp_path, SDK)


@pytest.mark.parametrize(
    "broken", [{"id": "x", "drivers": {"openai": {}}}, {"id": "x"}, "x", {**case(), "id": "x", "response": {}}]
)
def test_a_case_that_cannot_be_read_is_named(tmp_path, broken):
    """A case of another format is told by its id."""
    with pytest.raises(NoCasesError, match="case 'x' cannot be read"):
        load(write(tmp_path, broken), SDK)


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_streams_are_cut_into_events(end):
    """Each piece is one event; together they are the recorded bytes."""
    events = [b"event: a\ndata: 1" + end, b"data: 2" + end, b"data: rest"]

    assert events == list(server_sent_events(b"".join(events)))
