"""J1: calls that belong to one user turn are one run."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import pytest
from ldai import AICompletionConfig
from ldclient import Context

from contract.helpers import tokens
from ldtrack import configure, current_run, inject, tracked, use_context
from support import KEY, USER, Chunk, Reply, Stream, hello, last, only_run, outcome_count, role, whole

pytestmark = pytest.mark.anyio


ADA = Context.create("ada")


@tracked(KEY)
def model_call(text: str = "hi", tools: tuple[str, ...] = ()) -> Reply:
    """One call of the model."""
    return Reply(text, tools=tools)


@tracked(KEY)
async def amodel_call() -> Reply:
    """Same, but async."""
    await anyio.sleep(0)
    return Reply()


@tracked(KEY)
def model_stream() -> Iterator[Chunk]:
    """One streamed call of the model."""
    yield from whole()


async def test_j1_inner_calls_join(ld: Any) -> None:
    """Same key, same context: one run; tokens and tool calls add up; one outcome, the outer call's."""

    @tracked(KEY)
    async def turn() -> str:
        model_call(tools=("search",))
        await amodel_call()
        return model_call(tools=("book",)).text

    assert "hi" == await turn()
    run = only_run(ld)
    assert ("success", 1, (9, 15, 24), ["search", "book"]) == (
        run.outcome,
        outcome_count(run),
        tokens(run),
        list(run.tool_calls),
    )


def test_j1_response_handed_on_is_counted_once(ld: Any) -> None:
    """The outer call's own result is read for its outcome only, where joined calls supplied tokens."""

    @tracked(KEY)
    def turn() -> Reply:
        return model_call(tools=("search",))

    turn()
    run = only_run(ld)
    assert ((3, 5, 8), ["search"]) == (tokens(run), list(run.tool_calls))


def test_j1_outcome_of_the_outer_result(ld: Any) -> None:
    """A response handed on that says failed makes the turn an error."""

    @tracked(KEY)
    def inner() -> Reply:
        return Reply(state="failed")

    @tracked(KEY)
    def turn() -> Reply:
        return inner()

    turn()
    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_j1_inner_error_that_is_handled_is_no_error(ld: Any) -> None:
    """An inner error that the outer call handles does not count."""

    @tracked(KEY)
    def failing() -> Reply:
        raise ValueError

    @tracked(KEY)
    def turn() -> Reply:
        try:
            return failing()
        except ValueError:
            return model_call()

    turn()
    assert ("success", 1, (3, 5, 8)) == (only_run(ld).outcome, outcome_count(only_run(ld)), tokens(only_run(ld)))


def test_j1_outer_error_after_good_inner_calls(ld: Any) -> None:
    """An outer error keeps the tokens of the joined calls."""

    @tracked(KEY)
    def turn() -> Reply:
        model_call()
        raise ValueError

    with pytest.raises(ValueError):
        turn()
    assert ("error", 1, (3, 5, 8)) == (only_run(ld).outcome, outcome_count(only_run(ld)), tokens(only_run(ld)))


def test_j1_ttft_is_the_first_from_the_outer_start(ld: Any) -> None:
    """TTFT counts from the outer start to the first output of any joined stream."""

    @tracked(KEY)
    def turn() -> str:
        time.sleep(0.03)
        list(model_stream())
        time.sleep(0.03)
        return "".join(chunk.text for chunk in model_stream())

    turn()
    run = only_run(ld)
    assert run.time_to_first_token_ms >= 30
    assert run.duration_ms - run.time_to_first_token_ms >= 28
    assert (6, 10, 16) == tokens(run)


def test_j1_inner_config_has_its_own_variables(ld: Any) -> None:
    """A joining call's config is evaluated with its own arguments."""

    @tracked(KEY)
    def inner(name: str, config: AICompletionConfig = inject()) -> Any:
        return config.messages and config.messages[0].content

    @tracked(KEY)
    def turn(name: str) -> Any:
        outer = current_run().config.messages[0].content
        return outer, inner("bob"), current_run().config.messages[0].content

    assert ("Hello ada ", "Hello bob ", "Hello ada ") == turn("ada")
    only_run(ld)


def test_j1_deeper_nesting_is_one_run(ld: Any) -> None:
    """Three levels, streams among them, are one run."""

    @tracked(KEY)
    def middle() -> Reply:
        list(model_stream())
        return model_call()

    @tracked(KEY)
    def turn() -> Reply:
        return middle()

    turn()
    assert ("success", 1, (6, 10, 16)) == (only_run(ld).outcome, outcome_count(only_run(ld)), tokens(only_run(ld)))


def test_j1_other_key_or_context_is_a_run_of_its_own(ld: Any) -> None:
    """Another config key, or another LaunchDarkly context, never joins."""

    @tracked("other")
    def other_key() -> Reply:
        return Reply()

    @tracked(KEY)
    def turn() -> Reply:
        other_key()
        with use_context(ADA):
            model_call()
        return Reply("own")

    turn()
    assert [("other", "user-1"), (KEY, "ada"), (KEY, "user-1")] == sorted(
        ((run.config_key, run.events[0].context.key) for run in ld.runs()),
        key=lambda pair: (pair != ("other", "user-1"), pair),
    )
    assert [8, 8, 8] == [run.total_tokens for run in ld.runs()]


def test_j1_equal_context_joins(ld: Any) -> None:
    """An equal context is the same one, whichever object it is."""

    @tracked(KEY)
    def turn() -> Reply:
        with use_context(Context.create("user-1")):
            return model_call()

    turn()
    only_run(ld)


@pytest.mark.parametrize("configured", [False, True])
def test_j1_separate(ld: Any, configured: bool) -> None:
    """`nested="separate"` starts a run of its own at once, by option or for all."""
    if configured:
        configure(client=ld.client, context=USER, nested="separate")

    @tracked(KEY, **({} if configured else {"nested": "separate"}))
    def inner() -> Reply:
        return Reply()

    @tracked(KEY)
    def turn() -> str:
        return inner().text

    turn()
    inner_run, outer_run = ld.runs()
    assert ((3, 5, 8), (None, None, None)) == (tokens(inner_run), tokens(outer_run))
    assert "success" == inner_run.outcome == outer_run.outcome


def test_j1_inner_that_ends_after_the_outer(ld: Any) -> None:
    """An inner stream that ends after the outer call is a run of its own; nothing is lost."""
    kept: list[Any] = []

    @tracked(KEY)
    def turn() -> str:
        kept.append(model_stream())
        next(kept[0])
        return "text"

    turn()
    list(kept[0])
    outer, inner = ld.runs()
    assert ("success", (None, None, None)) == (outer.outcome, tokens(outer))
    assert ("success", 1, (3, 5, 8)) == (inner.outcome, outcome_count(inner), tokens(inner))


def test_j1_inner_that_starts_after_the_outer(ld: Any) -> None:
    """A background job that starts after the outer call ended records a run of its own."""
    from ldtrack import bind_run

    go = threading.Event()

    def job() -> None:
        go.wait(10)
        model_call()

    pool = ThreadPoolExecutor(1)

    @tracked(KEY)
    def turn() -> str:
        pool.submit(bind_run(job))
        return "text"

    turn()
    go.set()
    pool.shutdown()
    assert [None, 8] == [run.total_tokens for run in ld.runs()]
    assert ["success", "success"] == [run.outcome for run in ld.runs()]


async def test_j1_background_task(ld: Any) -> None:
    """A task that outlives the outer call is a run of its own, one that ends within it joins."""
    quick_ended, turn_ended = anyio.Event(), anyio.Event()

    async def quick() -> None:
        await amodel_call()
        quick_ended.set()

    @tracked(KEY)
    async def slow() -> Reply:
        await turn_ended.wait()
        return Reply()

    @tracked(KEY)
    async def turn(group: Any) -> str:
        group.start_soon(quick)
        group.start_soon(slow)
        await quick_ended.wait()
        return "text"

    async with anyio.create_task_group() as group:
        await turn(group)
        turn_ended.set()
    assert [(3, 5, 8), (3, 5, 8)] == [tokens(run) for run in ld.runs()]
    assert ["success", "success"] == [run.outcome for run in ld.runs()]


async def test_j1_concurrent_inner_calls(ld: Any) -> None:
    """A fan-out inside a turn adds up in one run."""

    @tracked(KEY)
    async def turn() -> str:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(amodel_call)
        return "text"

    await turn()
    run = only_run(ld)
    assert ("success", 1, (60, 100, 160)) == (run.outcome, outcome_count(run), tokens(run))


def test_j1_outer_generator_over_inner_stream(ld: Any) -> None:
    """A generator that hands on the chunks of a tracked stream is one run, tokens once, one TTFT."""

    @tracked(KEY)
    def turn() -> Iterator[Chunk]:
        yield from model_stream()

    assert 4 == len(list(turn()))
    run = only_run(ld)
    assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))
    assert run.time_to_first_token_ms is not None


async def test_j1_outer_async_generator_left_early(ld: Any) -> None:
    """Leaving a turn early after output is a success, with what the inner stream had seen."""

    @tracked(KEY)
    async def inner() -> AsyncIterator[Chunk]:
        for chunk in whole():
            yield chunk

    @tracked(KEY)
    async def turn() -> AsyncIterator[Chunk]:
        stream = inner()
        try:
            async for chunk in stream:
                yield chunk
        finally:
            await stream.aclose()

    outer: Any = turn()
    await outer.__anext__(), await outer.__anext__()
    await outer.aclose()
    run = only_run(ld)
    assert ("success", 1, (3, 1, 4)) == (run.outcome, outcome_count(run), tokens(run))


def test_j1_own_tokens_of_the_outer_stream_do_not_add(ld: Any) -> None:
    """The outer generator's chunks are not read again for tokens where joined calls supplied them."""

    @tracked(KEY)
    def turn() -> Iterator[Chunk]:
        model_call()
        yield role()
        yield hello()
        yield last()

    list(turn())
    run = only_run(ld)
    assert ("success", 1) == (run.outcome, outcome_count(run))
    assert (3, 5, 8) == tokens(run)


def test_j1_disabled_inner_config(ld: Any) -> None:
    """A joining call's guardrail holds for itself."""
    from ldtrack import ConfigDisabledError

    @tracked("off", fallback=lambda: "fallback")
    def inner() -> str:
        raise AssertionError("the function ran")

    @tracked(KEY)
    def turn() -> str:
        with pytest.raises(ConfigDisabledError):
            tracked("off")(lambda: 1)()
        return inner()

    assert "fallback" == turn()
    assert "success" == only_run(ld).outcome


def test_j1_inner_stream_object_joins(ld: Any) -> None:
    """A stream object of an inner call that ends within the turn joins it."""

    @tracked(KEY)
    def inner() -> Stream:
        return Stream(whole())

    @tracked(KEY)
    def turn() -> str:
        return "".join(chunk.text for chunk in inner())

    assert "hi there" == turn()
    run = only_run(ld)
    assert ("success", 1, (3, 5, 8)) == (run.outcome, outcome_count(run), tokens(run))
    assert run.time_to_first_token_ms is not None
