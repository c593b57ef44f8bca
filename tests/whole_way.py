"""The whole way of a call: a decorated function around a real client, and what was recorded of it."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from ldclient import Context

from ldtrack import tracked
from ldtrack.local import LocalLaunchDarkly

_CONFIGS = {"chat": {"model": {"name": "m"}, "provider": {"name": "p"}}}


class Recorded(NamedTuple):
    """What one run told."""

    outcome: str | None
    input: int | None
    output: int | None
    tool_calls: list[str]
    first_token: bool


def drain(answer: Any) -> None:
    """Read a stream to its end; leave anything else alone."""
    if hasattr(answer, "__next__"):
        deque(answer, maxlen=0)


def track(ask: Callable[[], Any], use: Callable[[Any], Any] = drain) -> Recorded:
    """Make a call in a decorated function, and use what comes back."""
    with LocalLaunchDarkly(_CONFIGS) as local:

        @tracked("chat", client=local.client, context=Context.create("ada"))
        def function() -> Any:
            return ask()

        use(function())
        return _recorded(local)


async def atrack(ask: Callable[[], Any]) -> Recorded:
    """Same as `track`, but the function is async."""
    with LocalLaunchDarkly(_CONFIGS) as local:

        @tracked("chat", client=local.client, context=Context.create("ada"))
        async def function() -> Any:
            asked = ask()
            return await asked if inspect.isawaitable(asked) else asked

        answer = await function()
        if hasattr(answer, "__anext__"):
            async for _ in answer:
                pass
        return _recorded(local)


def _recorded(local: LocalLaunchDarkly) -> Recorded:
    (run,) = local.runs()
    first_token = run.time_to_first_token_ms is not None
    return Recorded(run.outcome, run.input_tokens, run.output_tokens, run.tool_calls, first_token)
