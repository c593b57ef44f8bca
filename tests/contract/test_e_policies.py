"""E1: `interrupted=` overrides the interrupted rows."""

from __future__ import annotations

from typing import Any

import pytest

from contract.helpers import cancelled
from ldtrack import configure
from support import (
    ASYNC_CALLS,
    ASYNC_STREAMS,
    STREAMS,
    USER,
    WAIT,
    Call,
    Shape,
    hello,
    only_run,
    outcome_count,
    role,
    whole,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]


streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


async_streams = pytest.mark.parametrize("shape", ASYNC_STREAMS, ids=str)


@async_streams
@pytest.mark.parametrize("policy", ["success", "error", "ignore"])
@pytest.mark.parametrize("before", [1, 2])
async def test_e1_policy_overrides_cancellation(ld: Any, shape: Shape, policy: Any, before: int) -> None:
    """`interrupted=` decides both interrupted rows; `ignore` means no outcome."""
    handle = await shape.open([*[role(), hello()][:before], WAIT], interrupted=policy)
    await handle.take(before)
    await cancelled(handle.step)

    expected = None if policy == "ignore" else policy
    assert (expected, bool(expected)) == (only_run(ld).outcome, outcome_count(only_run(ld)))
    assert only_run(ld).duration_ms is not None


@streams
@pytest.mark.parametrize("policy", ["success", "error", "ignore"])
async def test_e1_policy_overrides_leaving_early(ld: Any, shape: Shape, policy: Any) -> None:
    """Closing after output counts as an interruption, too."""
    handle = await shape.open(whole(), interrupted=policy)
    await handle.take(2)
    await handle.close()

    assert (None if policy == "ignore" else policy) == only_run(ld).outcome


@pytest.mark.parametrize("policy", ["success", "error", "ignore"])
@pytest.mark.parametrize("call", ASYNC_CALLS, ids=lambda call: call.__name__)
async def test_e1_policy_overrides_cancelled_calls(ld: Any, call: Call, policy: Any) -> None:
    """Also for calls without a stream."""
    await cancelled(lambda: call(WAIT, interrupted=policy))

    assert (None if policy == "ignore" else policy) == only_run(ld).outcome


@streams
async def test_e1_policy_does_not_touch_errors_and_ends(ld: Any, shape: Shape) -> None:
    """A policy for interruptions leaves drained and failed streams alone."""
    drained = await shape.open(whole(), interrupted="error")
    await drained.drain()
    failed = await shape.open([hello(), ValueError()], interrupted="success")
    with pytest.raises(ValueError):
        await failed.drain()

    assert ["success", "error"] == [run.outcome for run in ld.runs()]


async def test_e1_policy_from_configure(ld: Any) -> None:
    """`configure(interrupted=...)` is the default, the decorator's own word wins."""
    configure(client=ld.client, context=USER, interrupted="error")
    for options in ({}, {"interrupted": "success"}, {"interrupted": "auto"}):
        handle = await STREAMS[0].open(whole(), **options)
        await handle.take(2)
        await handle.close()

    assert ["error", "success", "success"] == [run.outcome for run in ld.runs()]
