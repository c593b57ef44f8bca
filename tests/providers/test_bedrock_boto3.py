"""Bedrock through boto3: what the real client makes of what a server answers (C6, C8, E, F5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from aws_frames import chunk, frame
from bedrock_calls import ASKED, INVOKED, KEYS, STREAMED, figures, only_run, track
from bedrock_wire import CACHE_HEADERS, CACHED_USAGE, CALL, TOKENS, WITH_CACHE, claude_events, events, guardrail, reply
from by_registry import read
from ldtrack import _registry
from ldtrack._metrics import read as reading
from ldtrack.demo import answering
from needs import needs
from sdk_parsing import fold

boto3 = needs("boto3")
exceptions = needs("botocore.exceptions")
config = needs("botocore.config")
eventstream = needs("botocore.eventstream")


@contextmanager
def client(*pieces: str | bytes, **options: Any) -> Iterator[Any]:
    """Open a real client, without retries, of a server that gives this answer."""
    once = config.Config(retries={"total_max_attempts": 1})
    with (
        answering(*pieces, **options) as url,
        closing(boto3.client("bedrock-runtime", endpoint_url=url, config=once, **KEYS)) as opened,
    ):
        yield opened


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (reply(CALL, stop="tool_use"), reading("success", TOKENS, ["get_weather"])),
        (reply(usage=CACHED_USAGE), reading(tokens=WITH_CACHE)),
        (reply(stop="content_filtered"), reading("error", TOKENS)),
        (reply(stop="guardrail_intervened", trace=guardrail("ANONYMIZED")), reading(tokens=TOKENS)),
        (reply(stop="guardrail_intervened", trace=guardrail("BLOCKED")), reading("error", TOKENS)),
        (reply(stop="guardrail_intervened"), reading("error", TOKENS)),
    ],
)
def test_c6_converse(body, expected):
    """The dict that the client makes has all that was sent."""
    with client(json.dumps(body)) as bedrock:
        assert expected == read(bedrock.converse(**ASKED))


def test_c6_invoke_model_is_read_from_its_headers():
    """Its body is left to the caller, who reads all of it."""
    with client('{"generations": []}', headers=CACHE_HEADERS) as bedrock:
        response = bedrock.invoke_model(**INVOKED)

        assert reading(tokens=WITH_CACHE) == read(response)
        assert b'{"generations": []}' == response["body"].read()


CONVERSED = [frame(*event.popitem()) for event in events({"reasoningContent": {"text": "hm"}}, {"text": "hi"})]
CALLED = [frame("contentBlockStart", {"contentBlockIndex": 0, "start": CALL}), *CONVERSED]
BROKEN = frame("modelStreamErrorException", {"message": "no"}, "exception")


@pytest.mark.parametrize(
    ("frames", "expected", "complete"),
    [
        (CONVERSED, reading(tokens=TOKENS), True),
        (CALLED, reading("success", TOKENS, ["get_weather"]), True),
        (CONVERSED[:-2], reading(), False),
    ],
)
def test_c8_converse_stream(frames, expected, complete):
    """Its events carry everything; one that ends without `messageStop` broke off, which the client does not tell."""
    with client(*frames, **STREAMED) as bedrock:
        found = fold(_registry.find_chunk, bedrock.converse_stream(**ASKED)["stream"])

    assert expected == found[0]
    assert complete is found[1]
    assert (0 if frames is CALLED else 1) == found[2]


@pytest.mark.parametrize(("blocked", "outcome"), [("BLOCKED", "error"), ("ANONYMIZED", "success")])
def test_c8_chunks_of_invoke_model(blocked, outcome):
    """They hold the model's own events, and what a guardrail did to them."""
    last = {"amazon-bedrock-guardrailAction": "INTERVENED", "amazon-bedrock-trace": guardrail(blocked)}
    with client(*map(chunk, claude_events(**last)), **STREAMED) as bedrock:
        stream = bedrock.invoke_model_with_response_stream(**INVOKED)["body"]

        assert (reading(outcome, TOKENS), True, 2) == fold(_registry.find_chunk, stream)


def test_f1_a_plain_call(local):
    """The whole way: what the function returns is recorded, and is what the client made."""

    @track(local)
    def ask() -> Any:
        return bedrock.converse(**ASKED)

    with client(json.dumps(reply(CALL))) as bedrock:
        assert "get_weather" == ask()["output"]["message"]["content"][0]["toolUse"]["name"]

    assert ("success", 7, 5, 12, ["get_weather"], False) == figures(only_run(local))


def test_f4_a_generator_over_a_stream(local):
    """The whole way: a generator that passes the events on."""

    @track(local)
    def ask() -> Iterator[Any]:
        yield from bedrock.converse_stream(**ASKED)["stream"]

    with client(*CALLED, **STREAMED) as bedrock:
        assert len(CALLED) == len(list(ask()))

    assert ("success", 7, 5, 12, ["get_weather"], True) == figures(only_run(local))


def test_e1_an_error_inside_a_stream(local):
    """The client raises it, though the HTTP status was 200."""

    @track(local)
    def ask() -> Iterator[Any]:
        with closing(bedrock.converse_stream(**ASKED)["stream"]) as stream:
            yield from stream

    with client(*CONVERSED[:3], BROKEN, **STREAMED) as bedrock, pytest.raises(exceptions.EventStreamError):
        list(ask())

    assert ("error", None, None, None, [], True) == figures(only_run(local))


@pytest.mark.parametrize("kind", ["stream", "body"])
def test_f6_a_returned_dict_is_tracked_through_its_stream(local, kind):
    """The dict goes to the caller as it is; the run ends with the stream in it, whose class it keeps."""

    @track(local)
    def ask() -> Any:
        call = bedrock.converse_stream if kind == "stream" else bedrock.invoke_model_with_response_stream
        return call(**(ASKED if kind == "stream" else INVOKED))

    pieces = [frame(*event.popitem()) for event in events()] if kind == "stream" else [*map(chunk, claude_events())]
    with client(*pieces, **STREAMED) as bedrock:
        response = ask()
        assert [] == local.runs()
        assert isinstance(response[kind], eventstream.EventStream)
        assert len(pieces) == len(list(response[kind]))

    assert ("success", 7, 5, 12, [], True) == figures(only_run(local))


def test_f5_a_stream_that_is_left_early_was_a_success(local):
    """Closing it after output is no failure."""

    @track(local)
    def ask() -> Any:
        return bedrock.converse_stream(**ASKED)

    with client(*(frame(*event.popitem()) for event in events()), **STREAMED) as bedrock:
        stream = ask()["stream"]
        for event in stream:
            if "contentBlockDelta" in event:
                break
        stream.close()

    assert "success" == only_run(local).outcome
