"""B1, B7: what a managed function gets beside its runner, and what a conversation's options do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ldai import AICompletionConfig, AICompletionConfigDefault, ManagedModel, ModelConfig, ProviderConfig
from ldai.tracker import LDAIConfigTracker

from contract.helpers import MANAGED
from ldtrack import Run, conversation, current_run, inject, tracked
from ldtrack.local import LocalLaunchDarkly
from support import USER, only_run


def test_b7_config_tracker_and_run_are_injected_beside_the_runner(ld: Any, openai: list[Any]) -> None:
    """They are those of the runner's own run."""

    @tracked("managed")
    async def answer(
        question: str,
        model: ManagedModel = inject(),
        config: AICompletionConfig = inject(),
        tracker: LDAIConfigTracker = inject(),
        run: Run = inject(),
    ) -> str:
        assert run is current_run()
        assert config is model.get_config() is run.config
        assert tracker is run.tracker
        return str((await model.run(question)).content)

    assert "hello" == asyncio.run(answer("hi"))
    assert "success" == only_run(ld).outcome


async def say_hi(**options: Any) -> None:
    """One turn of a conversation."""
    with conversation(options.pop("key", "managed"), USER, **options) as model:
        await model.run("hi")


def test_b1_a_conversation_has_variables(ld: Any, openai: list[Any]) -> None:
    """They fill the config's messages."""
    asyncio.run(say_hi(variables={"name": "ada"}))

    assert "Be brief, ada." == openai[0]["messages"][0]["content"]


def test_b1_a_conversation_has_a_default(ld: Any, openai: list[Any]) -> None:
    """It describes the runner where LaunchDarkly serves no config."""
    spare = AICompletionConfigDefault(enabled=True, model=ModelConfig("spare"), provider=ProviderConfig("openai"))

    asyncio.run(say_hi(key="missing", default=spare))
    assert "spare" == openai[0]["model"]


@pytest.mark.usefixtures("openai")
def test_b1_a_conversation_has_a_client(ld: Any) -> None:
    """Its runs are sent through that one."""
    other = LocalLaunchDarkly({"managed": MANAGED})

    asyncio.run(say_hi(client=other.client))
    assert ([], "success") == (ld.runs(), only_run(other).outcome)
    other.close()
