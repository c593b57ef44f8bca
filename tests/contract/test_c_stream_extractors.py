"""C7, D3: stream extractors that are wrong in one way lose that only, with one warning that names them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from contract.helpers import tokens, warnings_of
from ldtrack import _reader as reader_module
from ldtrack import configure, register_extractor, register_stream_extractor, track_stream, tracked
from support import KEY, STREAMS, USER, Chunk, Reply, Shape, hello, last, only_run, play, role, whole

pytestmark = pytest.mark.anyio

# A generator, an async one, a stream object and an async one: what reads the chunks differs in these only.
streams = pytest.mark.parametrize("shape", [*STREAMS[:2], *STREAMS[6:8]], ids=str)
METRICS = LDAIMetrics(success=True, tokens=TokenUsage(total=8, input=3, output=5))


class Known:
    """A stream extractor that knows everything."""

    def feed(self, chunk: Any) -> Any:
        return bool(chunk.text)

    def result(self) -> Any:
        return METRICS


class FeedRaises(Known):
    """One whose `feed` raises."""

    def feed(self, chunk: Any) -> Any:
        raise ValueError


class NoneFromFeed(Known):
    """One whose `feed` forgets to return."""

    def feed(self, chunk: Any) -> Any:
        return None


class NoneForFalse(Known):
    """One whose `feed` returns None for no."""

    def feed(self, chunk: Any) -> Any:
        return True if chunk.text else None


class AsyncFeed(Known):
    """One whose `feed` is async."""

    async def feed(self, chunk: Any) -> Any:
        return True


class MethodForComplete(Known):
    """One whose `complete` is no property."""

    def complete(self) -> bool:
        return False


class TextForComplete(Known):
    """One whose `complete` is a text."""

    complete = "no"


class NumberForComplete(Known):
    """One whose `complete` is as good as a bool."""

    complete = 1


WRONG = [FeedRaises, NoneFromFeed, AsyncFeed, MethodForComplete, TextForComplete]
SOUND = [Known, NoneForFalse, NumberForComplete]


@streams
@pytest.mark.parametrize("extractor", WRONG + SOUND)
async def test_c7_nothing_else_is_lost(ld: Any, shape: Shape, extractor: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Tokens, TTFT and outcome are recorded, and one warning names an extractor that is wrong."""
    handle = await shape.open(whole(), extractor=extractor)
    await handle.drain()

    run = only_run(ld)
    assert ("success", (3, 5, 8)) == (run.outcome, tokens(run))
    assert run.time_to_first_token_ms is not None
    assert [extractor.__name__] * (extractor in WRONG) == [
        extractor.__name__ for warning in warnings_of(caplog) if extractor.__name__ in warning
    ]


@streams
@pytest.mark.parametrize("extractor", [FeedRaises, NoneFromFeed])
async def test_e_a_stream_left_after_a_chunk_that_could_not_be_read(ld: Any, shape: Shape, extractor: Any) -> None:
    """What would have been output without an extractor is output (E4): leaving after it is a success."""
    handle = await shape.open(whole(), extractor=extractor)
    await handle.take(2)
    await handle.close()

    run = only_run(ld)
    assert ("success", True) == (run.outcome, run.time_to_first_token_ms is not None)


def test_c7_the_warning_says_where_and_how_to_see_more(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It tells the line that raised, not what the exception says, and the switch that raises it."""

    @tracked(KEY, extractor=lambda reply: {}["the prompt"])
    def answer() -> Reply:
        return Reply()

    answer()
    (warning,) = warnings_of(caplog)
    assert f"(KeyError at {__file__}:" in warning
    assert "configure(strict=True) raises it" in warning
    assert "prompt" not in warning


def make_nothing() -> Any:
    """A factory without a return."""


def make_rubbish() -> Any:
    """A factory of something else."""
    return object()


def make_fail() -> Any:
    """A factory that fails."""
    raise RuntimeError


@pytest.mark.parametrize("factory", [make_nothing, make_rubbish, make_fail])
def test_c7_a_factory_that_makes_no_extractor(ld: Any, factory: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The warning names the factory, once; the stream is read as one of an unknown type."""
    register_stream_extractor(Chunk, factory)

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        yield from whole()

    for _ in range(2):
        list(answer())
    assert ["success"] * 2 == [run.outcome for run in ld.runs()]
    (warning,) = warnings_of(caplog)
    assert f"{factory.__module__}.{factory.__name__}" in warning


STRICT: list[tuple[Any, type[Exception]]] = [
    (FeedRaises, ValueError),
    *((extractor, TypeError) for extractor in WRONG[1:]),
    (make_nothing, TypeError),
    (make_fail, RuntimeError),
    (lambda chunk: {}["key"], KeyError),
    (lambda chunk: "text", TypeError),
]


@streams
@pytest.mark.parametrize(("extractor", "error"), STRICT)
async def test_d3_strict_raises_every_fault_of_a_stream_extractor(
    ld: Any, shape: Shape, extractor: Any, error: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    """The fault comes to whoever reads the stream, is logged once, and the run has ended all the same."""
    configure(client=ld.client, context=USER, strict=True)
    handle = await shape.open(whole(), extractor=extractor)

    with pytest.raises(error):
        await handle.drain()
    await handle.close()
    assert 1 == len(warnings_of(caplog))
    assert 1 == len(ld.runs())


RUBBISH: list[Any] = [
    "text",
    LDAIMetrics(success=True, tokens=TokenUsage(total=-1, input=0, output=0)),
    LDAIMetrics(success=True, tool_calls="search"),  # type: ignore[arg-type]
    LDAIMetrics(success=True, duration_ms=-1),
    LDAIMetrics(success="no"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_d3_strict_raises_what_an_extractor_should_not_return(
    ld: Any, rubbish: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """As much as an extractor that raises; and no second warning says that the result was not examined."""
    register_extractor(Reply, lambda _: rubbish)
    configure(client=ld.client, context=USER, strict=True)

    with pytest.raises(TypeError, match="returned"):
        tracked(KEY)(lambda: Reply())()
    assert 1 == len(warnings_of(caplog))
    assert "success" == only_run(ld).outcome


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_d3_strict_is_silent_where_the_users_exception_is_on_its_way(ld: Any, rubbish: Any) -> None:
    """What the stream's extractor returned is told in the log only, also by a `track_stream` block."""
    configure(client=ld.client, context=USER, strict=True)

    class Reader(Known):
        def result(self) -> Any:
            return rubbish

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        with track_stream(extractor=Reader) as tracking:
            tracking.observe(hello())
            yield from tracking.wrap(play([hello(), KeyError("the user's")]))

    with pytest.raises(KeyError, match="the user's"):
        list(answer())


def test_c8_what_reads_a_type_is_looked_up_once_per_stream(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where chunks of several types alternate."""
    looked_up: list[Any] = []
    real = reader_module.find_chunk
    monkeypatch.setattr(reader_module, "find_chunk", lambda chunk: looked_up.append(type(chunk)) or real(chunk))

    @tracked(KEY)
    def answer() -> Iterator[Any]:
        for _ in range(3):
            yield from (role(), "text", hello())

    list(answer())
    assert [Chunk, str] == looked_up


def test_c8_a_plain_function_leaves_output_to_the_registry(ld: Any) -> None:
    """A chunk that is true, but no output to its registered extractor, does not begin the output."""

    @tracked(KEY, extractor=lambda chunk: METRICS)
    def answer() -> Iterator[Chunk]:
        yield role()

    stream: Any = answer()
    next(stream)
    stream.close()
    assert (None, None) == (only_run(ld).outcome, only_run(ld).time_to_first_token_ms)


def test_c8_the_latest_fields_of_chunks_of_all_types(ld: Any) -> None:
    """A function's counts that come in chunks of two types are one generation's, not two."""

    @tracked(KEY, extractor=lambda chunk: METRICS)
    def answer() -> Iterator[Any]:
        yield from (hello(), "text", last())

    list(answer())
    assert (3, 5, 8) == tokens(only_run(ld))
