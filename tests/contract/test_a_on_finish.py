"""A8: `on_finish` hears of each run once, whoever sends it, or nobody."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ldai import ManagedModel
from ldai.providers.types import ManagedResult

from ldtrack import RunSummary, configure, inject, suppressed, tracked
from support import KEY, Reply


@pytest.fixture
def heard(ld: Any) -> list[RunSummary]:
    """What `on_finish` was told."""
    heard: list[RunSummary] = []
    configure(on_finish=heard.append)
    return heard


@tracked("managed")
async def chat(question: str, model: ManagedModel = inject()) -> Any:
    """Ask the managed model."""
    return await model.run(question)


@tracked(KEY)
def model_call() -> Reply:
    """One call of the model."""
    return Reply()


def test_a8_on_finish_is_told_of_a_managed_run(ld: Any, openai: list[Any], heard: list[RunSummary]) -> None:
    """The runner tracks by itself; the summary says what it recorded."""
    asyncio.run(chat("q"))

    assert [("managed", "success", True)] == [(told.config_key, told.outcome, told.ended) for told in heard]
    assert ld.runs()[0].run_id == heard[0].run_id


def test_a8_on_finish_is_told_of_a_result_that_is_counted_already(ld: Any, heard: list[RunSummary]) -> None:
    """The run ended all the same; LaunchDarkly is sent nothing more."""
    tracked(KEY)(lambda: object.__new__(ManagedResult))()

    assert [(KEY, None, True)] == [(told.config_key, told.outcome, told.ended) for told in heard]
    assert [] == ld.runs()


def test_a8_on_finish_is_told_of_a_suppressed_run(ld: Any, heard: list[RunSummary]) -> None:
    """The app's own logs go on where metrics are switched off."""
    with suppressed():
        model_call()

    assert [("success", 8)] == [(told.outcome, told.total_tokens) for told in heard]
    assert [] == ld.runs()


def test_a8_on_finish_is_told_once_of_calls_that_are_one_run(ld: Any, heard: list[RunSummary]) -> None:
    """A call that joins is no run of its own."""

    @tracked(KEY)
    def turn() -> str:
        return model_call().text + model_call().text

    turn()
    assert [(16, ld.runs()[0].run_id)] == [(told.total_tokens, told.run_id) for told in heard]


def test_a8_on_finish_is_told_once_of_managed_calls_that_are_one_run(
    ld: Any, openai: list[Any], heard: list[RunSummary]
) -> None:
    """The same with a managed runner."""

    @tracked("managed")
    async def turn() -> str:
        return str((await chat("first")).content) + str((await chat("second")).content)

    asyncio.run(turn())
    assert [36] == [told.total_tokens for told in heard]


def test_a8_on_finish_is_told_of_a_call_that_outlived_the_run_around_it(ld: Any, heard: list[RunSummary]) -> None:
    """It counts by itself then."""
    kept: list[Any] = []

    @tracked(KEY)
    def late() -> Any:
        yield "a"

    @tracked(KEY)
    def turn() -> str:
        kept.append(late())
        return str(next(kept[0]))

    turn()
    list(kept[0])
    assert [run.run_id for run in ld.runs()] == [told.run_id for told in heard]
    assert 2 == len(heard)
