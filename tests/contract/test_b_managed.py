"""B1: managed runners are made, injected, and track by themselves."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

import pytest
from ldai import LDAIClient, ManagedModel, ManagedResult

from ldtrack import (
    ConfigDisabledError,
    conversation,
    tracked,
)
from support import USER, keys, only_run, outcome_count


def test_b1_managed_model_is_injected_and_tracks_itself(ld: Any, openai: list[Any]) -> None:
    """Ldtrack makes the runner, injects it, and adds nothing to what the runner tracks."""

    @tracked("managed")
    async def answer(question: str, name: str, model: ManagedModel) -> ManagedResult:
        return await model.run(question)

    result = asyncio.run(answer("hi", "ada"))
    run = only_run(ld)
    assert "hello" == result.content
    assert ("success", 1, 11, 7, 18) == (
        run.outcome,
        outcome_count(run),
        run.input_tokens,
        run.output_tokens,
        run.total_tokens,
    )
    assert 1 == keys(run).count("$ld:ai:duration:total")
    assert "Be brief, ada." == openai[0]["messages"][0]["content"]


def test_b1_handing_on_a_managed_result_is_not_counted_twice(ld: Any, openai: list[Any]) -> None:
    """A function that makes its managed model by itself and returns the result adds nothing (J3)."""

    @tracked("managed")
    async def answer() -> ManagedResult:
        made: Any = LDAIClient(ld.client).create_model("managed", USER)
        model = await made if inspect.isawaitable(made) else made  # a coroutine before release 1.0
        return await model.run("hi")

    asyncio.run(answer())
    assert 18 == sum(run.total_tokens or 0 for run in ld.runs())
    assert 1 == sum(outcome_count(run) for run in ld.runs())


@pytest.mark.parametrize("annotation", ["ManagedModel", "Optional[ManagedModel]", "'ManagedModel | None'"])
def test_b1_annotations(ld: Any, openai: list[Any], annotation: str) -> None:
    """Optional and string annotations are understood."""
    source = f"async def answer(model: {annotation} = None):\n    return (await model.run('hi')).content\n"
    scope: dict[str, Any] = {"ManagedModel": ManagedModel, "Optional": __import__("typing").Optional}
    exec(source, scope)

    assert "hello" == asyncio.run(tracked("managed")(scope["answer"])())
    assert "success" == only_run(ld).outcome


def test_b1_disabled_config_holds_the_guardrail(ld: Any) -> None:
    """A disabled config does not inject None."""

    @tracked("off")
    async def answer(model: ManagedModel) -> Any:
        raise AssertionError("the function ran")

    with pytest.raises(ConfigDisabledError):
        asyncio.run(answer())


def test_b1_conversation_carries_the_history(ld: Any, openai: list[Any]) -> None:
    """One managed runner serves several turns, each turn a run of its own."""

    async def chat() -> None:
        with conversation("managed", USER) as model:
            await model.run("first")
            await model.run("second")

    asyncio.run(chat())
    contents = [message["content"] for message in openai[1]["messages"]]
    assert ["first", "hello", "second"] == contents[-3:]
    assert ["success", "success"] == [run.outcome for run in ld.runs()]


def test_b1_conversation_pins_the_model_of_tracked_functions(ld: Any, openai: list[Any]) -> None:
    """Tracked functions of the same key inside the block get the pinned runner."""

    @tracked("managed")
    async def answer(question: str, model: ManagedModel) -> Any:
        return model

    async def chat() -> tuple[Any, Any]:
        with conversation("managed", USER):
            return await answer("q"), await answer("q")

    first, second = asyncio.run(chat())
    assert first is second


def test_b1_conversation_with_a_disabled_config(ld: Any) -> None:
    """The guardrail holds here, too."""

    async def chat() -> None:
        async with conversation("off", USER) as model:
            with pytest.raises(ConfigDisabledError):
                await model.run("hi")

    asyncio.run(chat())
