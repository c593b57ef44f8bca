"""Recorded calls are made with boto3, also with a release that does not know all that was recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aws_frames import chunk, frame
from bedrock_calls import MESSAGES, STREAMED
from bedrock_wire import claude_events, events, reply
from ldtrack.demo import answering
from ldtrack.replay._cases import Case, Expected
from needs import needs
from recorded import expected

needs("boto3")
bedrock = needs("ldtrack.replay.sdks.bedrock", "boto3")

REQUEST = {"messages": [{**MESSAGES[0], "mood": "new"}], "inferenceConfig": {"maxTokens": 9, "haste": 1}, "newer": 1}


def recorded(endpoint: str, streaming: bool) -> Case:
    """Return a recorded call."""
    return Case(
        id="own.1",
        provider="bedrock",
        endpoint=endpoint,
        streaming=streaming,
        path="/model/arn%3Aaws%2Fm/converse",
        request=REQUEST,
        steps=[],
        tools=[],
        expected=Expected(**expected()),
        drivers={},
    )


def ask(case: Case, *pieces: str | bytes, **options: Any) -> Any:
    """Make the call with a client of the replay's, and use up what comes."""
    with answering(*pieces, **options) as url, bedrock.SDK.client(url) as client:
        response = bedrock.SDK.ask("boto3", client, case)
        return list(bedrock.SDK.chunks(response)) if case.streaming else response


def test_plain_calls_are_made():
    """The members that a release does not know are left out; it would raise on them."""
    assert "end_turn" == ask(recorded("converse", streaming=False), json.dumps(reply()))["stopReason"]
    assert "body" in ask(recorded("invoke_model", streaming=False), "{}")


def test_streaming_calls_are_made():
    """The stream is in the dict that the client returns."""
    conversed = [frame(*event.popitem()) for event in events()]

    assert len(conversed) == len(ask(recorded("converse", streaming=True), *conversed, **STREAMED))
    assert 6 == len(ask(recorded("invoke_model", streaming=True), *map(chunk, claude_events()), **STREAMED))


@pytest.mark.parametrize(
    ("endpoint", "streaming", "unseen"),
    [("invoke_model", False, ("tool_calls",)), ("invoke_model", True, ()), ("converse", False, ())],
)
def test_tool_names_inside_an_unread_body_are_not_seen(endpoint, streaming, unseen):
    """Only a plain reply of InvokeModel has one."""
    assert unseen == bedrock.SDK.unseen(recorded(endpoint, streaming))


def test_the_model_is_in_the_path():
    """It is quoted there."""
    assert "arn:aws/m" == bedrock.model(recorded("converse", streaming=False))
