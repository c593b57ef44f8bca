"""J1: which calls join, what they add, and what they keep alive."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
from ldai import LDAIClient
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from contract.helpers import tokens, warnings_of
from ldtrack import RunSummary, configure, current_run, tracked
from ldtrack.local import LocalLaunchDarkly
from support import CONFIGS, KEY, USER, Chunk, Reply, only_run, outcome_count, whole


@tracked(KEY)
def model_call() -> Reply:
    """One call of the model."""
    return Reply(tools=("search",))


@tracked(KEY)
def model_stream() -> Iterator[Chunk]:
    """One streamed call of the model."""
    yield from whole()


def test_j1_another_client_never_joins(ld: Any) -> None:
    """Its events go elsewhere."""
    other = LocalLaunchDarkly(CONFIGS)
    inner = tracked(KEY, client=other.client)(lambda: Reply())

    tracked(KEY)(lambda: inner().text)()
    assert ((None, None, None), (3, 5, 8)) == (tokens(only_run(ld)), tokens(only_run(other)))
    other.close()


@pytest.mark.parametrize("source", [lambda client: client, LDAIClient, lambda client: lambda: client])
def test_j1_the_same_client_joins_however_it_was_given(ld: Any, source: Any) -> None:
    """The configured client, passed to one of the decorators."""
    turn = tracked(KEY, client=source(ld.client))(lambda: model_call().text)

    turn()
    assert (3, 5, 8) == tokens(only_run(ld))


def test_j1_calls_without_any_client_join(ld: Any) -> None:
    """Their configs were evaluated by the app; the call inside names the client that ldtrack was never given."""
    from ldai import AICompletionConfig

    from ldtrack import inject

    config = LDAIClient(ld.client).completion_config(KEY, USER)
    configure(client=None)

    @tracked(KEY, client=lambda: ld.client)
    def inner(config: AICompletionConfig = inject()) -> Reply:
        return Reply()

    @tracked(KEY)
    def turn(config: AICompletionConfig = inject()) -> str:
        return inner(config=config).text

    turn(config=config)
    assert 2 == len(ld.runs())


def test_j1_the_decorators_word_wins(ld: Any) -> None:
    """`nested="join"` holds against what is configured for all."""
    configure(nested="separate")
    inner = tracked(KEY, nested="join")(lambda: Reply())

    tracked(KEY)(lambda: inner().text)()
    only_run(ld)


def test_j1_the_duration_is_the_outer_calls(ld: Any) -> None:
    """What an inner extractor says of its call is not the turn's; what the outer one says is."""
    inner = tracked(KEY, extractor=lambda _reply: LDAIMetrics(True, TokenUsage(8, 3, 5), None, 60_000))(lambda: "inner")

    tracked(KEY)(lambda: Reply(inner()))()
    assert only_run(ld).duration_ms < 60_000
    ld.clear()

    tracked(KEY, extractor=lambda _reply: LDAIMetrics(True, None, None, 60_000))(lambda: inner())()
    assert (60_000, (3, 5, 8)) == (only_run(ld).duration_ms, tokens(only_run(ld)))


def test_j1_what_joined_a_call_that_outlives_the_turn_counts_with_it(ld: Any) -> None:
    """Its own joined calls are not lost with the run around both."""
    kept: list[Any] = []

    @tracked(KEY)
    def late() -> Iterator[str]:
        yield "a"
        model_call()

    @tracked(KEY)
    def turn() -> str:
        kept.append(late())
        return str(next(kept[0]))

    turn()
    list(kept[0])
    outer, inner = ld.runs()
    assert ((None, None, None), (3, 5, 8), ["search"]) == (tokens(outer), tokens(inner), inner.tool_calls)


@pytest.mark.parametrize("told", [False, True])
def test_j1_what_a_stream_that_never_started_had_in_it_counts(ld: Any, *, told: bool) -> None:
    """Joined calls, and what was told by hand; the outcome stays open."""

    @tracked(KEY)
    def turn() -> Iterator[str]:
        if told:
            current_run().tool_call("search")
        else:
            list(model_stream())
            model_call()
        return iter(["never read"])

    @tracked(KEY)
    def generator() -> Iterator[str]:
        if told:
            current_run().tool_call("search")
        else:
            model_call()
        return (text for text in ["never read"])

    turn()
    generator()
    gc.collect()
    runs = ld.runs()
    expected: Any = [(None, None, None)] * 2 if told else [(6, 10, 16), (3, 5, 8)]
    assert expected == [tokens(run) for run in runs]
    assert [(0, ["search"])] * 2 == [(outcome_count(run), run.tool_calls) for run in runs]


def test_j1_a_stream_that_never_started_records_nothing_by_itself(ld: Any) -> None:
    """Its run is not even told of."""
    told: list[RunSummary] = []
    configure(on_finish=told.append)

    tracked(KEY)(lambda: iter(["never read"]))()
    gc.collect()
    assert ([], []) == (ld.runs(), told)


def test_j1_exceptions_of_joined_calls_are_let_go(ld: Any) -> None:
    """A long turn does not keep alive what its failed attempts held."""
    kept: list[Any] = []

    class Big:
        """Stands for what a frame may hold."""

    @tracked(KEY)
    def failing() -> None:
        big = Big()
        kept.append(weakref.ref(big))
        raise ValueError

    @tracked(KEY)
    def turn() -> list[Any]:
        for _ in range(3):
            with pytest.raises(ValueError):
                failing()
        gc.collect()
        return [reference() for reference in kept]

    assert [None] * 3 == turn()


def test_i_joined_calls_are_folded_as_they_end(ld: Any) -> None:
    """However many there are, the run around them holds one sum."""

    @tracked(KEY)
    def turn() -> int:
        tracked(KEY)(lambda: Reply())()
        joined = current_run()._joined
        size = len(gc.get_referents(joined))
        for _ in range(50):
            tracked(KEY)(lambda: Reply())()
        assert joined is current_run()._joined
        return len(gc.get_referents(joined)) - size

    assert 0 == turn()
    assert (153, 255, 408) == tokens(only_run(ld))


def test_j1_a_failure_handed_over_by_a_call_in_time(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A turn whose calls joined is not blamed for a type that nobody reads."""

    @tracked(KEY)
    def turn() -> object:
        model_call()
        time.sleep(0)
        return object()

    turn()
    assert [] == warnings_of(caplog)
