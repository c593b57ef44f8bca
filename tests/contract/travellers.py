"""Module-level decorated functions that travel to other processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldtrack import configure, tracked
from support import CONFIGS, KEY, USER, Chunk, Reply, register_own_provider, whole


@tracked(KEY)
def answer(question: str) -> Reply:
    """Answer."""
    return Reply(question)


@tracked(KEY)
def stream(question: str) -> Iterator[Chunk]:
    """Stream."""
    yield from whole()


class Bot:
    """An object with decorated methods."""

    def __init__(self, name: str) -> None:
        self.name = name

    @tracked(KEY)
    def method(self, question: str) -> Reply:
        """Answer."""
        return Reply(f"{self.name} {question}")

    @tracked(KEY)
    def stream(self, question: str) -> Iterator[Chunk]:
        """Stream."""
        yield from whole()


_local: list[Any] = []


def prepare() -> None:
    """Give a worker process a client of its own."""
    from ldtrack.local import LocalLaunchDarkly

    _local.append(LocalLaunchDarkly(CONFIGS))
    configure(client=_local[0].client, context=USER)
    register_own_provider()


def count_runs() -> int:
    """How many runs this worker recorded as successes."""
    return sum(run.outcome == "success" for run in _local[0].runs())
