"""B1: agents and agent graphs are made by their own methods of the SDK, and injected."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from ldai import LDAIClient, ManagedAgent, ManagedAgentGraph

from ldtrack import explain, tracked


@pytest.mark.parametrize(
    ("kind", "method"), [(ManagedAgent, "create_agent"), (ManagedAgentGraph, "create_agent_graph")]
)
def test_b1_the_runner_that_the_annotation_names_is_made(
    ld: Any, monkeypatch: pytest.MonkeyPatch, kind: Any, method: str
) -> None:
    """The runner is the very object that the SDK made for this config and context."""
    made, asked = object.__new__(kind), []

    def create(_self: Any, key: str, context: Any, *_args: Any, **_kwargs: Any) -> Any:
        asked.append((key, context.key))
        return made

    monkeypatch.setattr(LDAIClient, method, create)
    monkeypatch.setattr(kind, "get_config", lambda _self: None, raising=False)

    async def answer(runner: Any) -> Any:
        return runner

    answer.__annotations__["runner"] = kind
    decorated = tracked("agent")(answer)

    assert made is asyncio.run(decorated())
    assert [("agent", "user-1")] == asked
    assert 1 == explain(decorated).tier
    assert [] == ld.runs()
