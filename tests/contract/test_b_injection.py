"""B7 and A1: what ldtrack fills in, and what the caller may pass instead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ldai import (
    AIAgentConfig,
    AIAgentConfigDefault,
    AICompletionConfig,
    LDAIClient,
)
from ldai.tracker import LDAIConfigTracker
from ldclient import Context

from ldtrack import (
    Run,
    current_run,
    inject,
    tracked,
)
from support import KEY, Reply, only_run

ADA = Context.create("ada")


def test_b7_injection(ld: Any) -> None:
    """Config, tracker and run are injected, also as string and optional annotations."""

    @tracked(KEY)
    def answer(
        question: str,
        config: AICompletionConfig,
        tracker: LDAIConfigTracker | None = None,
        *,
        run: Run = inject(),
    ) -> Any:
        assert tracker is run.tracker
        assert config is run.config
        return question, config.key

    assert ("q", KEY) == answer("q")
    assert ("q", KEY) == answer(question="q")
    assert 2 == len(ld.runs())


def test_b7_injected_parameter_first(ld: Any) -> None:
    """Positional arguments follow the visible signature, wherever the injected parameter stands."""

    @tracked(KEY)
    def answer(config: AICompletionConfig, question: str, size: int = 1) -> Any:
        return config.key, question, size

    assert (KEY, "q", 2) == answer("q", 2)


@pytest.mark.parametrize("how", ["keyword", "position"])
def test_a1_config_passed_by_the_caller_replaces_evaluation(ld: Any, how: str) -> None:
    """A config of the caller's own is taken, not evaluated again, and its tracker's events are the run's."""
    own = LDAIClient(ld.client).completion_config("other", ADA)
    ld.clear()

    @tracked(KEY)
    def answer(question: str, config: AICompletionConfig) -> Any:
        return config

    given = answer("q", config=own) if how == "keyword" else answer("q", own)
    assert given.key == own.key
    assert ["other"] == [run.config_key for run in ld.runs()]
    assert not [event for event in ld.events if "usage" in event.key]


def test_a1_tracker_passed_by_the_caller(ld: Any) -> None:
    """A tracker of the caller's own gets the events of the run."""
    tracker = LDAIClient(ld.client).completion_config(KEY, ADA).create_tracker()

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker) -> Reply:
        return Reply()

    answer(tracker=tracker)
    run = only_run(ld)
    assert tracker.get_summary().success
    assert ("success", "ada") == (run.outcome, run.events[0].context.key)


def test_b7_agent_mode(ld: Any) -> None:
    """An `AIAgentConfig` parameter, or `mode="agent"`, evaluates an agent config."""

    @tracked("agent")
    def by_parameter(name: str, config: AIAgentConfig = inject()) -> Any:
        return config.instructions

    @tracked("agent", mode="agent", default=AIAgentConfigDefault(enabled=True))
    def by_mode(name: str) -> Any:
        return current_run().config.instructions

    assert ["Help ada"] * 2 == [by_parameter("ada"), by_mode("ada")]
    assert 2 == sum("agent-config" in event.key for event in ld.events)


def test_b7_what_is_injected_is_no_wrong_argument_of_a_generator(ld: Any) -> None:
    """Callers leave it out; anything else that is wrong fails at the call, not at the first step."""

    @tracked(KEY)
    def answer(question: str, config: AICompletionConfig) -> Iterator[str]:
        yield config.model.name

    assert ["tiny-1"] == list(answer("q"))
    with pytest.raises(TypeError, match="question"):
        answer()
