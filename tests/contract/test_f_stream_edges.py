"""F5, F7, A2: streams that close themselves, refuse to be derived from, or are handed on."""

from __future__ import annotations

import asyncio
import contextvars
from typing import Any

import anthropic
import pytest
from ldai import AICompletionConfig, LDAIClient, ManagedModel

from ldtrack import current_run, track_stream, tracked
from support import KEY, USER, AsyncStream, Stream, Trap, hello, keys, last, only_run, outcome_count, play, whole

NOBODY = {"api_key": "any", "base_url": "http://127.0.0.1:9", "max_retries": 0}
"""A port where nobody listens."""
REQUEST: dict[str, Any] = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture
def tracker(ld: Any) -> Any:
    """A tracker as callers have it."""
    return LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()


def test_f5_a_manager_that_cannot_be_entered(ld: Any) -> None:
    """The connection fails at the `with`: an error, and the SDK's own exception."""
    with anthropic.Anthropic(**NOBODY) as client:

        @tracked(KEY)
        def answer() -> Any:
            return client.messages.stream(**REQUEST)

        with pytest.raises(anthropic.APIConnectionError), answer():
            pass
    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


@pytest.mark.anyio
async def test_f5_an_async_manager_that_cannot_be_entered(ld: Any) -> None:
    """The same, async."""
    async with anthropic.AsyncAnthropic(**NOBODY) as client:

        @tracked(KEY)
        def answer() -> Any:
            return client.messages.stream(**REQUEST)

        with pytest.raises(anthropic.APIConnectionError):
            async with answer():
                pass
    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


class SelfClosing(Stream):
    """A stream that closes itself at its end, inside the step."""

    def __next__(self) -> Any:
        try:
            return super().__next__()
        except StopIteration:
            self.close()
            raise


def test_f5_a_stream_that_closes_itself_was_drained(ld: Any) -> None:
    """What the SDK tidies up inside a step is not the consumer's leaving: the missing terminal marker tells."""
    list(tracked(KEY)(lambda: SelfClosing(whole()))())
    list(tracked(KEY)(lambda: SelfClosing([hello()]))())

    assert ["success", "error"] == [run.outcome for run in ld.runs()]


def test_f4_a_step_that_is_closed_from_another_context(ld: Any) -> None:
    """A loop that shuts down throws from a context of its own; nobody's context is disturbed."""

    @tracked(KEY)
    async def answer() -> Any:
        yield hello()
        await Trap()

    async def first() -> Any:
        return await stream.__anext__()

    stream = answer()
    with pytest.raises(StopIteration):
        first().send(None)
    step = stream.__anext__()
    assert "suspended" == contextvars.copy_context().run(step.send, None)
    with pytest.raises(asyncio.CancelledError):
        step.throw(asyncio.CancelledError())

    assert "success" == only_run(ld).outcome
    with pytest.raises(LookupError):
        current_run()


class Unclosable(AsyncStream):
    """A stream whose closing fails."""

    async def close(self) -> None:
        raise ValueError("while closing")


@pytest.mark.anyio
async def test_e7_an_async_stream_whose_closing_fails(ld: Any) -> None:
    """An exception raised while it is closed is an error."""
    stream = tracked(KEY)(lambda: Unclosable(whole()))()
    await stream.__anext__()
    await stream.__anext__()
    with pytest.raises(ValueError, match="while closing"):
        await stream.close()
    await stream.items.aclose()

    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


class Final(Stream):
    """A class that does not want to be derived from, with a method of its own."""

    label = "plain"

    def __init_subclass__(cls) -> None:
        raise TypeError("final")

    def left(self) -> str:
        """A method that is no part of any protocol."""
        return f"{self.label} left"


def test_f5_what_stands_for_a_stream_passes_everything_on(ld: Any) -> None:
    """Attributes are read, set and deleted on the object itself, and its methods called."""
    made: list[Any] = []

    @tracked(KEY)
    def answer() -> Final:
        made.append(Final(whole()))
        return made[0]

    stream = answer()
    stream.label = "own"
    assert ("own", "own left") == (made[0].label, stream.left())

    del stream.label
    assert ("plain", "plain left") == (made[0].label, stream.left())
    assert isinstance(stream, Final)
    assert 4 == len(list(stream))
    assert "success" == only_run(ld).outcome


@pytest.mark.parametrize("kind", ["generator", "future"])
def test_f7_a_future_that_gives_a_generator(ld: Any, kind: str) -> None:
    """Whoever awaits the future gets the generator itself; the run ends without its tokens."""
    made = play([hello(), last()]) if kind == "generator" else None

    async def main() -> Any:
        @tracked(KEY)
        def answer() -> Any:
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(future.set_result, made)
            return future

        return await answer()

    assert made is asyncio.run(main())
    run = only_run(ld)
    assert ("success", None) == (run.outcome, run.total_tokens)


def test_a2_wrap_says_that_a_coroutine_has_to_be_awaited(ld: Any, tracker: Any) -> None:
    """The slip of forgetting `await` is named."""

    async def create() -> Any:
        raise AssertionError("it ran")

    coroutine = create()
    with pytest.raises(TypeError, match="await it first"), track_stream(tracker) as s:
        s.wrap(coroutine)
    coroutine.close()


def test_a2_a_stream_handed_on_ends_the_run(ld: Any, tracker: Any) -> None:
    """A stream that is wrapped in the block, and read after it, is the run's end."""
    with track_stream(tracker) as s:
        stream = s.wrap(Stream(whole()))
    assert [] == ld.runs()

    assert 4 == len(list(stream))
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


@pytest.mark.parametrize("count", [-1, 1.5, True, "3"])
def test_a2_impossible_counts_are_refused(ld: Any, tracker: Any, count: Any) -> None:
    """A count is a whole number from 0 up; the message names the parameter."""
    with pytest.raises(ValueError, match=r"tokens\(output=...\)"), track_stream(tracker) as s:
        s.tokens(input=1, output=count)


def test_a2_a_tracker_of_another_make(ld: Any) -> None:
    """What tracks like the SDK's is taken, though its config is not known."""

    class Own:
        def __init__(self, real: Any) -> None:
            self._real = real

        def __getattr__(self, name: str) -> Any:
            if name == "resumption_token":
                raise AttributeError(name)
            return getattr(self._real, name)

    real = LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()
    with track_stream(Own(real)) as s:  # type: ignore[arg-type]
        list(s.wrap(Stream(whole())))

    assert "(unknown)" == s.run.config_key
    assert 1 == keys(only_run(ld)).count("$ld:ai:duration:total")


def test_b6_a_managed_runner_takes_no_extractor() -> None:
    """It tracks by itself, so the option would do nothing."""

    async def answer(model: ManagedModel) -> None: ...

    with pytest.raises(TypeError, match="leave out extractor="):
        tracked(KEY, extractor=len)(answer)


@pytest.mark.anyio
async def test_b7_a_positional_argument_of_an_injected_kind_is_the_callers(ld: Any) -> None:
    """A config passed in its place is used as it is."""
    config = LDAIClient(ld.client).completion_config(KEY, USER)

    @tracked(KEY)
    async def answer(config: AICompletionConfig, question: str) -> Any:
        return config

    assert config is await answer(config, "why")
