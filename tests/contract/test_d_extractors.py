"""C7, D3: extractors that raise, lie or return rubbish."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from contract.helpers import Unfriendly, raising, warnings_of
from ldtrack import (
    register_extractor,
    register_stream_extractor,
    tracked,
)
from support import (
    KEY,
    STREAMS,
    Reply,
    Shape,
    hello,
    last,
    only_run,
    outcome_count,
    whole,
)

pytestmark = pytest.mark.anyio


streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


RUBBISH: list[Any] = [
    raising,
    lambda response: "text",
    lambda response: 42,
    lambda response: {"success": True},
    lambda response: TokenUsage(1, 1, 1),
    lambda response: LDAIMetrics(success=True, tokens="many"),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=-3, input=-1, output=-2)),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=1.5, input=1, output=1)),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=True, input=True, output=True)),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=float("nan"), input=1, output=1)),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=float("inf"), input=1, output=1)),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total="3", input="1", output="2")),
]


NAMES = ["raises", "text", "int", "dict", "usage", "tokens-text", "negative", "fraction", "bool", "nan", "inf", "str"]


@pytest.mark.parametrize("extractor", RUBBISH, ids=NAMES)
def test_c7_rubbish_costs_the_tokens_only(ld: Any, extractor: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Duration and success are still recorded; one warning names the extractor; the call returns its object."""
    reply = Reply()

    @tracked(KEY, extractor=extractor)
    def answer() -> Reply:
        return reply

    assert reply is answer()
    assert reply is answer()
    for run in ld.runs():
        assert ("success", None) == (run.outcome, run.total_tokens)
        assert run.duration_ms is not None
    assert 2 == len(ld.runs())
    (warning,) = warnings_of(caplog)
    assert extractor.__qualname__.rpartition(".")[2] in warning


@pytest.mark.parametrize("extractor", RUBBISH, ids=NAMES)
@streams
async def test_c7_rubbish_from_stream_extractors(ld: Any, extractor: Any, shape: Shape) -> None:
    """A stream extractor whose result is rubbish costs the tokens only."""

    class Reader:
        def feed(self, chunk: Any) -> bool:
            return True

        def result(self) -> Any:
            return extractor(None)

    handle = await shape.open([hello(), last()], extractor=Reader)
    assert 2 == len(await handle.drain())
    run = only_run(ld)
    assert ("success", None) == (run.outcome, run.total_tokens)
    assert run.duration_ms is not None


class FeedRaises:
    """A stream extractor that raises at every chunk."""

    def feed(self, chunk: Any) -> bool:
        raise Unfriendly

    def result(self) -> Any:
        return None


class FeedLies:
    """A stream extractor that returns nonsense from `feed`."""

    def feed(self, chunk: Any) -> Any:
        return "yes"

    def result(self) -> Any:
        return None


class CannotBeMade:
    """A stream extractor that cannot be made."""

    def __init__(self) -> None:
        raise Unfriendly

    def feed(self, chunk: Any) -> bool:
        return True

    def result(self) -> Any:
        return None


class CompleteRaises(FeedLies):
    """A stream extractor whose marker cannot be read."""

    @property
    def complete(self) -> bool:
        raise Unfriendly


@streams
@pytest.mark.parametrize("reader", [FeedRaises, FeedLies, CannotBeMade, CompleteRaises])
async def test_d3_broken_stream_extractors_do_not_break_the_stream(ld: Any, shape: Shape, reader: Any) -> None:
    """A stream extractor that raises anywhere leaves the chunks alone; success and duration remain."""
    items = whole()
    handle = await shape.open(items, extractor=reader)

    assert items == await handle.drain()
    run = only_run(ld)
    assert ("success", 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


@streams
async def test_d3_broken_registered_stream_extractor(ld: Any, shape: Shape) -> None:
    """The same for one that the registry found."""
    from support import Chunk

    register_stream_extractor(Chunk, FeedRaises)
    items = whole()
    assert items == await (await shape.open(items)).drain()
    assert "success" == only_run(ld).outcome


def test_d3_broken_predicate_in_the_registry(ld: Any) -> None:
    """A predicate that raises does not break the calls of others."""

    @register_extractor(lambda response: 1 / 0)
    def never_found(response: Any) -> LDAIMetrics | None:
        return None

    @tracked(KEY)
    def answer() -> Any:
        return {"some": "dict"}

    assert {"some": "dict"} == answer()
    assert "success" == only_run(ld).outcome
