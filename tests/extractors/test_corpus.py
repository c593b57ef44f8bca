"""The built-in readings over recorded traffic: SDK objects, plain dicts and HTTP responses (C6, E, tiers 2 and 3)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from corpus_folder import MISSING
from ldtrack import _registry
from ldtrack.extractors import _official
from sdk_parsing import (
    differences,
    fold,
    helper_events,
    http_response,
    plain_chunks,
    recorded,
    recorded_runs,
    sdk_chunks,
    sdk_response,
)

_FIRST_ERROR = 400

# What the SDK itself raises on: the error chunk, whose counts it drops, and annotations that it cannot merge.
RAISED_BY_SDK = {
    "openai-compatible.chat.completions.s.e8db3e9861": (sdk_chunks, helper_events),
    "openai-compatible.chat.completions.s.5a8b7d9b7b": (helper_events,),
}
# Where output begins is told differently: a call's start already names the tool, a signature says nothing.
BEGINS_ELSEWHERE = {
    "openai.responses.s.0739b6aab7",
    "openai.responses.s.26e151ff5b",
    "openai.responses.s.4c5a7f4d23",
    "openai.responses.s.86fc9d4105",
    "openai.responses.s.c8bc2445ea",
    "anthropic.messages.s.413b49d726",
}


def cases(found: list[Any]) -> list[Any]:
    """Return one parameter per case, or one that skips where there is no corpus."""
    parameters = [pytest.param(case, id=case["id"]) for case in found]
    return parameters or [pytest.param(None, marks=pytest.mark.skip(reason=MISSING))]


PLAIN = cases(recorded(streaming=False))
STREAMS = cases(recorded(streaming=True))
RUNS = cases(recorded_runs())


@pytest.fixture(params=["with ldai_openai", "without"])
def official(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Run with and without LaunchDarkly's package for OpenAI."""
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "ldai_openai", None)
    _official.load.cache_clear()
    yield
    _official.load.cache_clear()


def read(value: Any) -> Any:
    """Read a response as the core does."""
    return _registry.find(value).extractor(value)


@pytest.mark.usefixtures("official")
@pytest.mark.parametrize("case", PLAIN)
def test_b2_sdk_objects_read_the_same_in_tiers_2_and_3(case):
    """The SDK's own object gives the expected reading, whether LaunchDarkly's package is installed or not."""
    if case["response"]["status"] >= _FIRST_ERROR:
        pytest.skip("the SDK raises")

    assert {} == differences(case, read(sdk_response(case)))


@pytest.mark.parametrize("case", PLAIN)
def test_c6_parsed_bodies(case):
    """A plain dict gives the expected reading."""
    assert {} == differences(case, read(json.loads(case["response"]["body"])))


@pytest.mark.parametrize("case", PLAIN)
def test_c6_http_responses(case):
    """A raw HTTP response gives the expected reading, errors included."""
    assert {} == differences(case, read(http_response(case)))


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # the helper's, of a newer kind of annotation
@pytest.mark.parametrize("chunks", [sdk_chunks, helper_events, plain_chunks], ids=lambda chunks: chunks.__name__)
@pytest.mark.parametrize("case", STREAMS)
def test_c8_streams(case, chunks):
    """Raw chunks, the events of the SDK's helper and plain dicts give the expected reading, and are complete."""
    if case["response"]["status"] >= _FIRST_ERROR or chunks in RAISED_BY_SDK.get(case["id"], ()):
        pytest.skip("the SDK raises")
    if chunks is helper_events and case["endpoint"] == "completions":
        pytest.skip("text completions have no helper")

    reading, complete, first = fold(_registry.find_chunk, chunks(case))

    assert {} == differences(case, reading)
    assert complete
    assert case["expected"]["ttft_expected"] is (first is not None)


@pytest.mark.parametrize("case", STREAMS)
def test_e4_output_begins_at_the_first_content(case):
    """Output begins at the event that carries the first content."""
    if case["response"]["status"] >= _FIRST_ERROR or case["id"] in BEGINS_ELSEWHERE:
        pytest.skip("no stream, or a matter of taste")

    _, _, first = fold(_registry.find_chunk, plain_chunks(case))

    assert case["expected"]["first_content_event"] == first


@pytest.mark.parametrize("run", RUNS)
def test_c8_agent_loops_in_one_stream_are_added_up(run):
    """A generator that passes on what every call of a loop gives, chunk by chunk or whole, counts all of them."""
    calls = run["calls"]
    items = [item for call in calls for item in (sdk_chunks(call) if run["streaming"] else [sdk_response(call)])]

    reading, _, _ = fold(_registry.find_chunk, items)

    assert {} == differences(run, reading)
