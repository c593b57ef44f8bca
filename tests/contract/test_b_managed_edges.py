"""B1: managed runners that are passed in, refused, broken, or inside another run."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from ldai import AICompletionConfigDefault, LDAIClient, ManagedAgentGraph, ManagedModel, ModelConfig, ProviderConfig

from contract.helpers import BROKEN, MANAGED, break_metrics, tokens, warnings_of
from ldtrack import ConfigDisabledError, configure, conversation, current_run, tracked
from support import USER, keys, only_run, outcome_count


@tracked("managed")
async def ask(question: str, model: ManagedModel) -> str:
    """Take one turn."""
    return str((await model.run(question)).content)


def test_b1_fallback_of_a_disabled_config(ld: Any) -> None:
    """The fallback is called with the caller's arguments."""

    async def sorry(question: str, model: Any = None) -> str:
        return f"no {question}"

    @tracked("off", fallback=sorry)
    async def answer(question: str, model: ManagedModel) -> str:
        raise AssertionError("the function ran")

    assert "no why" == asyncio.run(answer("why"))
    assert [] == ld.runs()


def test_b1_the_callers_own_runner_is_used(ld: Any, openai: list[Any]) -> None:
    """A runner that the caller passes replaces the one that would have been made."""

    @tracked("managed")
    async def keep(model: ManagedModel) -> Any:
        return model

    async def main() -> tuple[Any, Any]:
        made = await keep()
        return made, await keep(model=made)

    made, used = asyncio.run(main())
    assert made is used


def test_d3_a_runner_whose_tracker_cannot_be_had(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The function runs, and the log tells."""

    def create_tracker() -> Any:
        raise RuntimeError("no tracker")

    class Odd:
        def get_config(self) -> Any:
            return SimpleNamespace(create_tracker=create_tracker)

        async def run(self, question: str) -> Any:
            return SimpleNamespace(content=question)

    assert "hi" == asyncio.run(ask("hi", model=Odd()))
    assert [] == ld.runs()
    assert 1 == len(warnings_of(caplog))


def test_d3_a_malformed_variation_runs_on_the_default(ld: Any, openai: list[Any]) -> None:
    """`default=` describes the runner then."""
    ld.set("managed", BROKEN, unchecked=True)
    default = AICompletionConfigDefault(enabled=True, model=ModelConfig("spare"), provider=ProviderConfig("openai"))

    @tracked("managed", default=default)
    async def answer(model: ManagedModel) -> str:
        return str((await model.run("hi")).content)

    assert "hello" == asyncio.run(answer())
    assert "spare" == openai[0]["model"]


def test_d3_a_malformed_variation_goes_to_the_fallback(ld: Any) -> None:
    """Without a default, the fallback is called."""
    ld.set("managed", BROKEN, unchecked=True)

    async def sorry(model: Any = None) -> str:
        return "sorry"

    @tracked("managed", fallback=sorry)
    async def answer(model: ManagedModel) -> str:
        raise AssertionError("the function ran")

    assert "sorry" == asyncio.run(answer())


def test_d1_a_graph_that_cannot_be_made(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what an agent graph needs."""
    monkeypatch.setattr(LDAIClient, "create_agent_graph", lambda *_args: None)

    @tracked("graph")
    async def answer(graph: ManagedAgentGraph) -> None:
        raise AssertionError("the function ran")

    with pytest.raises(ConfigDisabledError, match="no agent graph"):
        asyncio.run(answer())


def test_d1_a_provider_without_a_package(ld: Any) -> None:
    """The error tells a config that is on from one that is off, and names the provider."""
    ld.set("managed", {**MANAGED, "provider": {"name": "nobody"}})

    with pytest.raises(ConfigDisabledError, match=r"has no runner.*'nobody'"):
        asyncio.run(ask("hi"))


def test_b1_a_conversation_inside_another(ld: Any, openai: list[Any]) -> None:
    """A tracked function gets the runner of its own config, whichever block is the inner one."""
    ld.set("other-managed", MANAGED)

    async def chat() -> None:
        with conversation("managed", USER), conversation("other-managed", USER):
            await ask("first")
            await ask("second")

    asyncio.run(chat())
    assert ["first", "hello", "second"] == [message["content"] for message in openai[1]["messages"]][-3:]


def test_a4_tool_calls_told_in_a_managed_call(ld: Any, openai: list[Any]) -> None:
    """They are sent for the runner's run."""

    @tracked("managed")
    async def answer(model: ManagedModel) -> Any:
        current_run().tool_call("search")
        return (await model.run("hi")).content

    asyncio.run(answer())
    assert ["search"] == only_run(ld).tool_calls


def test_a8_on_finish_is_told_of_managed_calls(ld: Any, openai: list[Any], caplog: pytest.LogCaptureFixture) -> None:
    """With what the runner recorded; also of a runner whose tracker nobody knows."""
    told: list[Any] = []
    configure(client=ld.client, context=USER, on_finish=told.append)
    asyncio.run(ask("hi"))

    class Odd:
        async def run(self, question: str) -> Any:
            current_run().tool_call("search")
            return SimpleNamespace(content=question)

    asyncio.run(ask("hi", model=Odd()))
    assert [("managed", 18), ("managed", None)] == [(summary.config_key, summary.total_tokens) for summary in told]
    assert [] == warnings_of(caplog)


def test_j1_a_managed_call_joins_the_run_around_it(ld: Any, openai: list[Any]) -> None:
    """Two managed calls inside a turn are one run, with both calls' tokens."""

    @tracked("managed")
    async def turn() -> str:
        return await ask("first") + await ask("second")

    assert "hellohello" == asyncio.run(turn())
    run = only_run(ld)
    assert (1, "success", (22, 14, 36)) == (outcome_count(run), run.outcome, tokens(run))


def test_j1_a_call_inside_a_managed_call_that_ended_joins_the_turn(ld: Any, openai: list[Any]) -> None:
    """What outlives the managed call still belongs to the turn around both."""

    @tracked("managed")
    def stream() -> Any:
        yield "a"
        current_run().tool_call("search")

    @tracked("managed")
    async def begun(model: ManagedModel) -> Any:
        started = stream()
        next(started)
        return started

    @tracked("managed")
    async def turn() -> str:
        return "".join(await begun())

    assert "" == asyncio.run(turn())
    assert (1, ["search"]) == (outcome_count(only_run(ld)), only_run(ld).tool_calls)


def test_j1_calls_inside_a_call_that_ended_join_the_turn(ld: Any) -> None:
    """The same without a runner."""

    @tracked("managed")
    def stream() -> Any:
        yield "a"
        current_run().tool_call("search")

    @tracked("managed")
    def begun() -> Any:
        started = stream()
        next(started)
        return [started]

    @tracked("managed")
    def turn() -> str:
        return "".join(begun()[0])

    ld.set("managed", MANAGED)
    assert "" == turn()
    assert (1, ["search"]) == (outcome_count(only_run(ld)), only_run(ld).tool_calls)


@pytest.mark.parametrize(
    ("runs", "broken", "expected"),
    [(True, False, [None, "success"]), (True, True, [None]), (False, False, [None])],
    ids=["late", "late and broken", "late and idle"],
)
def test_j1_a_managed_call_that_outlives_the_turn(
    ld: Any, openai: list[Any], monkeypatch: pytest.MonkeyPatch, *, runs: bool, broken: bool, expected: list[str | None]
) -> None:
    """It counts by itself, so that nothing is lost; a runner that was never used has nothing to count."""

    async def main() -> str:
        started, go = asyncio.Event(), asyncio.Event()

        @tracked("managed")
        async def late(model: ManagedModel) -> str:
            started.set()
            await go.wait()
            return str((await model.run("hi")).content) if runs else "idle"

        @tracked("managed", ignore=(LookupError,))
        async def turn(tasks: list[Any]) -> None:
            tasks.append(asyncio.create_task(late()))
            await started.wait()
            raise LookupError

        tasks: list[Any] = []
        with pytest.raises(LookupError):
            await turn(tasks)
        if broken:
            break_metrics(ld, monkeypatch)
        go.set()
        return str(await tasks[0])

    assert ("hello" if runs else "idle") == asyncio.run(main())
    assert expected == [run.outcome for run in ld.runs()]
    assert (18 if runs and not broken else 0) == sum(run.total_tokens or 0 for run in ld.runs())
    assert all(1 == keys(run).count("$ld:ai:duration:total") for run in ld.runs())
