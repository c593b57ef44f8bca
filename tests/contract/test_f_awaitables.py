"""F7: functions that return awaitables."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from contract.helpers import tokens
from ldtrack import tracked
from support import (
    ASYNC_CALLS,
    KEY,
    WAIT,
    Call,
    Reply,
    only_run,
    outcome_count,
    present,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.filterwarnings("ignore:Async generator .* was garbage collected:ResourceWarning"),  # trio says it
]


async_calls = pytest.mark.parametrize("call", ASYNC_CALLS, ids=lambda call: call.__name__)


@pytest.mark.parametrize("style", ["future", "task"])
@pytest.mark.parametrize(("item", "expected"), [(Reply(), "success"), (ValueError("boom"), "error")])
def test_f7_future_comes_back_itself(ld: Any, style: str, item: Any, expected: str) -> None:
    """A future or task that a function returns comes back itself, and its end is the run's."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        made: list[Any] = []

        async def work() -> Any:
            await asyncio.sleep(0.01)
            return present(item)

        def settle(future: asyncio.Future[Any]) -> None:
            future.set_exception(item) if isinstance(item, Exception) else future.set_result(item)

        @tracked(KEY)
        def answer() -> Any:
            made.append(loop.create_task(work()) if style == "task" else loop.create_future())
            if style == "future":
                loop.call_later(0.01, settle, made[0])
            return made[0]

        future = answer()
        assert made[0] is future
        assert [] == [run.outcome for run in ld.runs() if run.outcome]
        await asyncio.wait([future])
        await asyncio.sleep(0)
        future.exception()

    asyncio.run(main())
    run = only_run(ld)
    assert (expected, 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms >= 8


def test_f7_cancelled_task_is_error(ld: Any) -> None:
    """A returned task that is cancelled was interrupted before any output."""

    async def main() -> None:
        @tracked(KEY)
        def answer() -> asyncio.Task[None]:
            return asyncio.get_running_loop().create_task(asyncio.sleep(60))

        task = answer()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(main())
    assert "error" == only_run(ld).outcome


async def test_f7_coroutine_comes_back_as_coroutine(ld: Any) -> None:
    """A function that returns a coroutine still does."""
    import inspect

    async def work() -> Reply:
        return Reply()

    @tracked(KEY)
    def answer() -> Any:
        return work()

    coroutine = answer()
    assert inspect.iscoroutine(coroutine)
    assert Reply() == await coroutine
    assert (3, 5, 8) == tokens(only_run(ld))


async def test_f7_awaitable_object_keeps_its_attributes(ld: Any) -> None:
    """An awaitable object is still one of its class, with its attributes."""
    from support import Later

    @tracked(KEY)
    def answer() -> Any:
        return Later(Reply())

    later = answer()
    assert isinstance(later, Later)
    assert "later" == later.label
    assert Reply() == await later


@async_calls
async def test_e_coroutine_closed_before_it_finished_is_no_outcome(ld: Any, call: Call) -> None:
    """Closing a coroutine that waits leaves no outcome, but a duration."""
    coroutine: Any = call(WAIT)
    coroutine.send(None)
    coroutine.close()

    run = only_run(ld)
    assert (None, 0) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


async def test_e_coroutine_never_awaited_records_nothing(ld: Any) -> None:
    """A coroutine closed before its first step leaves nothing."""

    @tracked(KEY)
    async def answer() -> Reply:
        return Reply()

    answer().close()
    assert [] == ld.runs()
