"""F7, D2: awaitables that a plain function returns behave as they do undecorated."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import Coroutine, Generator
from typing import Any

from ldtrack import current_run, tracked
from support import KEY, Reply, only_run


class Request:
    """An awaitable that is a context manager, too, as aiohttp's requests and asyncpg's `acquire()` are."""

    def __await__(self) -> Generator[Any, Any, Reply]:
        yield from asyncio.sleep(0.01).__await__()
        return Reply()

    async def __aenter__(self) -> Reply:
        return await self

    async def __aexit__(self, *_exc: object) -> None:
        """Nothing is open."""


@tracked(KEY)
def request() -> Request:
    """Give what can be awaited, or entered."""
    return Request()


def test_d2_an_awaitable_that_is_a_context_manager_stays_one(ld: Any) -> None:
    """Tracking takes no protocol away."""

    async def enter() -> Reply:
        async with request() as reply:
            return reply

    assert Reply() == asyncio.run(enter())


def test_f4_an_awaitable_awaited_by_two_tasks_leaks_no_run(ld: Any) -> None:
    """Neither task is inside the run when its `await` is over."""

    async def in_a_run_after(awaitable: Request, delay: float) -> bool:
        await asyncio.sleep(delay)
        await awaitable
        try:
            current_run()
        except LookupError:
            return False
        return True

    async def both() -> list[bool]:
        shared = request()
        return await asyncio.gather(in_a_run_after(shared, 0), in_a_run_after(shared, 0.005))

    assert [False, False] == asyncio.run(both())
    assert "success" == only_run(ld).outcome


def test_d2_a_coroutine_that_is_closed_before_it_starts_warns_of_nothing(ld: Any) -> None:
    """`close()` on a coroutine nobody awaited closes the function's own, too."""

    async def ask() -> Reply:
        return Reply()

    @tracked(KEY)
    def answer() -> Coroutine[Any, Any, Reply]:
        return ask()

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        answer().close()
        gc.collect()

    assert [] == [str(warning.message) for warning in warned]
