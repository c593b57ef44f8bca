"""A8, D3: conversations keep the guardrails that tracked functions have."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ldai import ManagedModel

from contract.helpers import MANAGED
from ldtrack import ConfigDisabledError, conversation, suppressed, tracked
from support import USER


def test_a8_a_suppressed_turn_sends_nothing(ld: Any, openai: list[Any]) -> None:
    """A turn taken with `run` is silent in the block, and its request is made."""

    async def chat() -> None:
        with suppressed(), conversation("managed", USER) as talk:
            await talk.run("hi")

    asyncio.run(chat())
    assert 1 == len(openai)
    assert [] == ld.runs()


def test_a8_a_suppressed_first_turn_does_not_silence_the_next(ld: Any, openai: list[Any]) -> None:
    """The runner is kept, the switch is not."""

    @tracked("managed")
    async def answer(model: ManagedModel) -> Any:
        return await model.run("hi")

    async def chat() -> None:
        with conversation("managed", USER):
            with suppressed():
                await answer()
            assert [] == ld.runs()
            await answer()

    asyncio.run(chat())
    assert ["success"] == [run.outcome for run in ld.runs()]


def test_d3_a_malformed_variation_in_a_conversation(ld: Any, openai: list[Any]) -> None:
    """It is told as it is by tracked functions, and no exception of the SDK's comes through."""
    ld.set("managed", {**MANAGED, "model": {"parameters": {}}}, unchecked=True)

    async def chat() -> None:
        with conversation("managed", USER) as talk:
            await talk.run("hi")

    with pytest.raises(ConfigDisabledError):
        asyncio.run(chat())
