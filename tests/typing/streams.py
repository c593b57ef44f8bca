"""`track_stream` keeps the type of what it wraps (A2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator

from ldai.tracker import LDAIConfigTracker
from openai import AsyncStream, Stream
from openai.types.chat import ChatCompletionChunk
from typing_extensions import assert_type

from ldtrack import track_stream


def sync(
    tracker: LDAIConfigTracker,
    stream: Stream[ChatCompletionChunk],
    words: Iterator[str],
    talk: Generator[str, int, bool],
) -> None:
    with track_stream(tracker) as s:
        for chunk in s.wrap(stream):
            assert_type(chunk, ChatCompletionChunk)
        assert_type(s.wrap(stream), Stream[ChatCompletionChunk])
        assert_type(s.wrap(words), Iterator[str])
        assert_type(s.wrap(talk), Generator[str, int, bool])


async def asynchronous(
    tracker: LDAIConfigTracker,
    stream: AsyncStream[ChatCompletionChunk],
    words: AsyncIterator[str],
    talk: AsyncGenerator[str, int],
) -> None:
    async with track_stream(tracker) as s:
        async for chunk in s.wrap(stream):
            assert_type(chunk, ChatCompletionChunk)
        assert_type(s.wrap(stream), AsyncStream[ChatCompletionChunk])
        assert_type(s.wrap(words), AsyncIterator[str])
        assert_type(s.wrap(talk), AsyncGenerator[str, int])


def by_hand() -> None:
    with track_stream() as s:
        s.observe({"text": "hi"})
        s.first_token()
        s.tokens(input=1, output=2, total=3)
        s.tool_call("search")
        s.fail()
        s.tokens(1, 2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    track_stream("tracker")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
