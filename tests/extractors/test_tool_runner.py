"""Anthropic's tool runner: one message, or one stream, for each call of the model (C6, E, F5)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import pytest

from ldtrack.demo import answering
from whole_way import Recorded, atrack, track

if not hasattr(anthropic, "beta_tool"):
    pytest.skip("came later", allow_module_level=True)

MESSAGE: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
CALL: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "weather", "input": {}}
USAGE = {"input_tokens": 3, "output_tokens": 5}
CALLED: dict[str, Any] = {**MESSAGE, "content": [CALL], "stop_reason": "tool_use", "usage": USAGE}
EVENTS: list[Any] = [
    {"type": "message_start", "message": {**MESSAGE, "usage": {"input_tokens": 3, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": CALL},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
]
FAILED = [*EVENTS[:3], {"type": "error", "error": {"type": "overloaded_error", "message": "later"}}]
TWICE = Recorded("success", 6, 10, ["weather", "weather"], True)


def weather() -> str:
    """Tell the weather."""
    return "sunny"


async def aweather() -> str:
    """Tell the weather."""
    return weather()


def body(events: list[Any] | None) -> str:
    """Return a stream of events, or a message."""
    if events is None:
        return json.dumps(CALLED)
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def served(events: list[Any] | None) -> Any:
    """Answer every call of the model with the same stream, or message."""
    return answering(body(events), content_type="application/json" if events is None else "text/event-stream")


def question(tool: Any, events: list[Any] | None) -> dict[str, Any]:
    """Return what the runner asks, twice."""
    asked = [{"role": "user", "content": "Weather?"}]
    more = {"max_iterations": 2, "stream": events is not None}
    return {"model": "m", "max_tokens": 9, "messages": asked, "tools": [tool], **more}


@pytest.fixture
def runner() -> Iterator[Any]:
    """What makes a runner."""
    with anthropic.Anthropic(api_key="any", max_retries=0) as client:

        def make(url: str, events: list[Any] | None = EVENTS) -> Any:
            api: Any = client.with_options(base_url=url).beta.messages
            return api.tool_runner(**question(anthropic.beta_tool(weather), events))

        yield make


@pytest.fixture
async def arunner() -> AsyncIterator[Any]:
    """The same, async."""
    async with anthropic.AsyncAnthropic(api_key="any", max_retries=0) as client:

        def make(url: str, events: list[Any] | None = EVENTS) -> Any:
            api: Any = client.with_options(base_url=url).beta.messages
            return api.tool_runner(**question(anthropic.beta_async_tool(aweather, name="weather"), events))

        yield make


def each_event(runner: Any) -> None:
    """Iterate the streams."""
    for stream in runner:
        assert list(stream)


def each_text(runner: Any) -> None:
    """Read what the streams make of their events."""
    for stream in runner:
        assert [] == list(stream.text_stream)
        assert stream.get_final_message().content


def nothing_inside(runner: Any) -> None:
    """Leave the streams to the runner."""
    assert 2 == len(list(runner))


def until_done(runner: Any) -> None:
    """Leave all to the runner."""
    assert runner.until_done().content


@pytest.mark.parametrize("use", [each_event, each_text, nothing_inside, until_done])
def test_f5_each_stream_of_a_runner_is_part_of_the_run(runner: Any, use: Any) -> None:
    """Whoever reads them, their messages are added up."""
    with served(EVENTS) as url:
        assert TWICE == track(lambda: runner(url), use)


@pytest.mark.parametrize("use", [nothing_inside, until_done])
def test_c6_a_runner_s_messages_are_added_up(runner: Any, use: Any) -> None:
    """Without streams it gives whole messages."""
    with served(None) as url:
        assert TWICE == track(lambda: runner(url, None), use)


@pytest.mark.anyio
@pytest.mark.parametrize("events", [EVENTS, None])
async def test_f5_an_async_runner(arunner: Any, events: Any) -> None:
    """The same, async."""
    with served(events) as url:
        assert TWICE == await atrack(lambda: arunner(url, events))


@pytest.mark.anyio
async def test_f5_the_streams_of_an_async_runner(arunner: Any) -> None:
    """The consumer reads one, and then the next."""

    async def flat(url: str) -> AsyncIterator[Any]:
        async for stream in arunner(url):
            async for event in stream:
                yield event

    with served(EVENTS) as url:
        assert TWICE == await atrack(lambda: flat(url))


def test_f5_streams_that_a_generator_function_passes_on(runner: Any) -> None:
    """They are read outside of it."""

    def streams(url: str) -> Iterator[Any]:
        yield from runner(url)

    with served(EVENTS) as url:
        assert TWICE == track(lambda: streams(url), each_event)


def test_e_a_stream_of_a_runner_that_breaks_off_is_an_error(runner: Any) -> None:
    """Its terminal marker is missing, or it raised."""
    with served(EVENTS[:3]) as url:
        assert "error" == track(lambda: runner(url), each_event).outcome

    def use(runner: Any) -> None:
        with pytest.raises(anthropic.APIStatusError):
            each_event(runner)

    with served(FAILED) as url:
        recorded = track(lambda: runner(url), use)
    assert Recorded("error", 3, 1, ["weather"], True) == recorded


def test_c6_what_is_left_of_a_stream_the_runner_reads(runner: Any) -> None:
    """It needs the whole message to call the tools."""

    def use(runner: Any) -> None:
        for stream in runner:
            assert any(event.type == "input_json" for event in stream)

    with served(EVENTS) as url:
        assert TWICE == track(lambda: runner(url), use)
