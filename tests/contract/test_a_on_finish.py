"""A8: `on_finish` hears of managed runs, too."""

from __future__ import annotations

import asyncio
from typing import Any

from ldai import ManagedModel

from ldtrack import RunSummary, configure, inject, tracked


@tracked("managed")
async def chat(question: str, model: ManagedModel = inject()) -> Any:
    """Ask the managed model."""
    return await model.run(question)


def test_a8_on_finish_is_told_of_a_managed_run(ld: Any, openai: list[Any]) -> None:
    """The runner tracks by itself; the summary says what it recorded."""
    heard: list[RunSummary] = []
    configure(on_finish=heard.append)

    asyncio.run(chat("q"))

    assert [("managed", "success", True)] == [(told.config_key, told.outcome, told.ended) for told in heard]
    assert ld.runs()[0].run_id == heard[0].run_id
