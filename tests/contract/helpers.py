"""Small things that several of the contract's test files need."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from ldtrack import current_run

MANAGED: dict[str, Any] = {
    "_ldMeta": {"enabled": True, "variationKey": "v1", "version": 1},
    "model": {"name": "gpt-tiny"},
    "provider": {"name": "openai"},
    "messages": [{"role": "system", "content": "Be brief, {{name}}."}],
}
BROKEN: dict[str, Any] = {**MANAGED, "model": {"parameters": {}}}
"""Of a variation without the name of its model the SDK makes no config."""

METRICS = ("$ld:ai:duration", "$ld:ai:generation", "$ld:ai:tokens", "$ld:ai:tool_call")


def tokens(run: Any) -> tuple[Any, Any, Any]:
    """A run's three token numbers."""
    return run.input_tokens, run.output_tokens, run.total_tokens


class Watch:
    """The test's own clock: what it shows bounds what a run may have recorded, however slow the machine is."""

    def __init__(self) -> None:
        self.started = time.perf_counter()

    @property
    def ms(self) -> float:
        """Milliseconds since the watch was made."""
        return (time.perf_counter() - self.started) * 1000


def recorded_for(ld: Any) -> list[str]:
    """The user keys of the recorded runs."""
    return [run.events[0].context.key for run in ld.runs()]


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the `ldtrack` logger warned of."""
    return [r.getMessage() for r in caplog.records if r.name.startswith("ldtrack") and r.levelno >= logging.WARNING]


def never() -> Any:
    """A body that must not run."""
    raise AssertionError("the function ran")


def in_a_run() -> bool:
    """Whether there is a current run here."""
    try:
        current_run()
    except LookupError:
        return False
    return True


async def cancelled(step: Callable[[], Awaitable[Any]]) -> None:
    """Cancel a step that waits."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        await step()
    assert scope.cancelled_caught


def break_metrics(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An SDK whose `track` raises for every metric."""
    real = ld.client.track

    def track(key: str, *args: Any) -> None:
        if key.startswith(METRICS):
            raise RuntimeError("track is broken")
        real(key, *args)

    monkeypatch.setattr(ld.client, "track", track)


class Unfriendly(Exception):
    """An exception that cannot even be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def raising(response: Any) -> Any:
    """An extractor that raises."""
    raise Unfriendly
