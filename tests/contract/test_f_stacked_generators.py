"""F1: what is decorated keeps its attributes, and the decorator keeps its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from ldtrack import tracked
from ldtrack._decorator import plan_of
from support import KEY


def fallback() -> Iterator[str]:
    """Answer instead."""
    yield "fallback"


async def afallback() -> AsyncIterator[str]:
    """Answer instead, async."""
    yield "fallback"


@pytest.mark.anyio
async def test_d1_the_outer_decorator_of_a_generator_function_holds_its_guardrail(ld: Any) -> None:
    """Each of two decorators goes by its own key and options."""

    @tracked("off", fallback=fallback)
    @tracked(KEY)
    def answer() -> Iterator[str]:
        yield "answer"

    @tracked("off", fallback=afallback)
    @tracked(KEY)
    async def aanswer() -> AsyncIterator[str]:
        yield "answer"

    assert ["fallback"] == list(answer()) == [text async for text in aanswer()]
    assert [] == ld.runs()


def test_j1_two_keys_on_a_generator_function_are_two_runs(ld: Any) -> None:
    """As they are on any other function."""

    @tracked("other")
    @tracked(KEY)
    def answer() -> Iterator[str]:
        yield "answer"

    assert ["answer"] == list(answer())
    assert {"other", KEY} == {run.config_key for run in ld.runs()}


def test_f1_a_callable_object_keeps_attributes_of_any_name(ld: Any) -> None:
    """The names that the tracked function uses itself are free for the decorated object's."""

    class Answer:
        def __init__(self) -> None:
            self._plan = self._drive = self._rebuild = self._function = "mine"

        def __call__(self) -> Iterator[str]:
            yield self._plan

    answer = tracked(KEY)(Answer())
    assert ["mine"] == list(answer())
    assert KEY == plan_of(answer).config_key
