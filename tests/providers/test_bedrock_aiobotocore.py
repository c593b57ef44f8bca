"""Bedrock through aiobotocore, and through aioboto3 where it is there, too (C6, C8, F5)."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from aws_frames import chunk, frame
from bedrock_calls import ASKED, INVOKED, KEYS, STREAMED, figures, only_run, track
from bedrock_wire import CACHE_HEADERS, CALL, claude_events, events, reply
from ldtrack.demo import answering
from needs import needs

pytestmark = pytest.mark.anyio

sessions = {"aiobotocore": needs("aiobotocore.session").get_session}
if importlib.util.find_spec("aioboto3"):
    sessions["aioboto3"] = needs("aioboto3").Session


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The SDK runs on asyncio only."""
    return "asyncio"


@pytest.fixture(params=sessions)
def session(request: pytest.FixtureRequest) -> Any:
    """A session of each SDK."""
    return sessions[request.param]()


@asynccontextmanager
async def client(session: Any, *pieces: str | bytes, **options: Any) -> AsyncIterator[Any]:
    """Open a real client of a server that gives this answer."""
    opening = session.client if hasattr(session, "client") else session.create_client
    with answering(*pieces, **options) as url:
        async with opening("bedrock-runtime", endpoint_url=url, **KEYS) as opened:
            yield opened


async def test_f2_converse(session, local):
    """The whole way, awaited."""

    @track(local)
    async def ask() -> Any:
        return await bedrock.converse(**ASKED)

    async with client(session, json.dumps(reply(CALL))) as bedrock:
        await ask()

    assert ("success", 7, 5, 12, ["get_weather"], False) == figures(only_run(local))


async def test_f2_invoke_model_is_read_from_its_headers(session, local):
    """Its body, whose `read` is a coroutine function, is left to the caller."""

    @track(local)
    async def ask() -> Any:
        return await bedrock.invoke_model(**INVOKED)

    async with client(session, '{"generations": []}', headers=CACHE_HEADERS) as bedrock:
        response = await ask()
        body = await response["body"].read()

    assert b'{"generations": []}' == body
    assert ("success", 107, 5, 112, [], False) == figures(only_run(local))


async def test_f4_generators_over_streams(session, local):
    """The whole way: async generators that pass the events on, of either kind of stream."""

    @track(local)
    async def converse() -> AsyncIterator[Any]:
        async for event in (await bedrock.converse_stream(**ASKED))["stream"]:
            yield event

    @track(local)
    async def invoke() -> AsyncIterator[Any]:
        async for event in (await bedrock.invoke_model_with_response_stream(**INVOKED))["body"]:
            yield event

    frames = [frame(*event.popitem()) for event in events()]
    for ask, pieces in ((converse, frames), (invoke, [*map(chunk, claude_events())])):
        local.clear()
        async with client(session, *pieces, **STREAMED) as bedrock:
            assert len(pieces) == len([event async for event in ask()])

        assert ("success", 7, 5, 12, [], True) == figures(only_run(local))


@pytest.mark.parametrize("kind", ["stream", "body"])
async def test_f6_a_returned_dict_is_tracked_through_its_stream(session, local, kind):
    """The dict goes to the caller as it is; the run ends with the stream in it."""

    @track(local)
    async def ask() -> Any:
        if kind == "stream":
            return await bedrock.converse_stream(**ASKED)
        return await bedrock.invoke_model_with_response_stream(**INVOKED)

    pieces = [frame(*event.popitem()) for event in events()] if kind == "stream" else [*map(chunk, claude_events())]
    async with client(session, *pieces, **STREAMED) as bedrock:
        response = await ask()
        assert [] == local.runs()
        assert len(pieces) == len([event async for event in response[kind]])

    assert ("success", 7, 5, 12, [], True) == figures(only_run(local))
