"""D3: faults of the SDK and of tracking itself never break the call."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics

from contract.helpers import Unfriendly, break_metrics, raising, warnings_of
from ldtrack import (
    configure,
    tracked,
)
from support import (
    CALLS,
    KEY,
    STREAMS,
    USER,
    Call,
    Reply,
    Shape,
    hello,
    outcome_count,
    whole,
)

pytestmark = pytest.mark.anyio


calls = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)


streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


@calls
async def test_d3_track_that_raises(
    ld: Any, call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An SDK whose `track` raises costs the metrics only, and is warned about."""
    break_metrics(ld, monkeypatch)
    reply = Reply()

    assert reply is await call(reply)
    assert warnings_of(caplog)


@streams
async def test_d3_track_that_raises_under_streams(ld: Any, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams go on unharmed, however they end."""
    break_metrics(ld, monkeypatch)
    items = whole()

    assert items == await (await shape.open(items)).drain()
    handle = await shape.open(whole())
    await handle.take(2)
    await handle.close()
    await handle.drop()


@calls
async def test_d3_track_that_always_raises(ld: Any, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """When even the evaluation cannot report itself, a function that takes nothing from ldtrack runs untracked."""

    def track(*args: Any) -> None:
        raise RuntimeError("track is broken")

    monkeypatch.setattr(ld.client, "track", track)
    reply = Reply()
    assert reply is await call(reply)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_d3_an_interrupt_inside_an_extractor_is_not_swallowed(ld: Any, interrupt: type[BaseException]) -> None:
    """Ctrl-C while an extractor runs is the user's, not a fault of tracking."""

    def extractor(response: Any) -> LDAIMetrics:
        raise interrupt

    @tracked(KEY, extractor=extractor)
    def answer() -> Reply:
        return Reply()

    with pytest.raises(interrupt):
        answer()
    assert all(outcome_count(run) <= 1 for run in ld.runs())


def test_d3_warning_once_per_site_and_kind(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The second fault of a kind at a site is logged at debug level."""
    caplog.set_level(logging.DEBUG, "ldtrack")

    @tracked(KEY, extractor=raising)
    def answer() -> Reply:
        return Reply()

    for _ in range(3):
        answer()
    levels = [record.levelno for record in caplog.records if record.name.startswith("ldtrack")]
    assert 1 == levels.count(logging.WARNING)
    assert 2 <= levels.count(logging.DEBUG)


def test_d3_strict_raises_instead(ld: Any) -> None:
    """`configure(strict=True)` raises tracking faults, but never over an exception of the user's."""
    configure(client=ld.client, context=USER, strict=True)

    @tracked(KEY, extractor=raising)
    def answer(fail: bool) -> Reply:
        if fail:
            raise KeyError("the user's")
        return Reply()

    with pytest.raises(Unfriendly):
        answer(False)
    with pytest.raises(KeyError, match="the user's"):
        answer(True)


def test_d3_strict_never_raises_from_a_finaliser(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage collection of a stream stays silent, also when strict."""
    configure(client=ld.client, context=USER, strict=True)
    break_metrics(ld, monkeypatch)
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    from support import Stream

    @tracked(KEY)
    def generator() -> Iterator[Any]:
        yield hello()

    @tracked(KEY)
    def stream() -> Stream:
        return Stream(whole())

    for make in (generator, stream):
        opened: Any = make()
        next(opened)
        del opened
    assert [] == unraisable
