"""F7, D2, E5: futures and pool jobs that a plain function returns behave as they do undecorated."""

from __future__ import annotations

import asyncio
import gc
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from openai import LengthFinishReasonError
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion

from ldtrack import tracked
from support import KEY, Reply, Stream, only_run, outcome_count, play, present, whole


@tracked(KEY)
def answer(future: Any) -> Any:
    """Give a future."""
    return future


def done(item: Any) -> Future[Any]:
    """A future that has its result, or its exception."""
    future: Future[Any] = Future()
    future.set_exception(item) if isinstance(item, Exception) else future.set_result(item)
    return future


def gives_its_own_cancellation(*, decorated: bool) -> bool:
    """Tell whether who awaits a cancelled task gets the very exception that left it."""
    raised: list[BaseException] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as exc:
            raised.append(exc)
            raise

    async def main() -> bool:
        task = asyncio.ensure_future(work())
        assert task is (answer(task) if decorated else task)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value is raised[0]

    return asyncio.run(main())


def test_d2_a_cancelled_task_gives_the_exception_that_left_it(ld: Any) -> None:
    """Whoever awaits it gets what he would get undecorated: the very object, from Python 3.11 on."""
    assert (sys.version_info >= (3, 11)) is gives_its_own_cancellation(decorated=False)
    assert gives_its_own_cancellation(decorated=False) is gives_its_own_cancellation(decorated=True)
    assert ["error"] == [run.outcome for run in ld.runs()]


def test_e_a_cancelled_job_is_an_error(ld: Any) -> None:
    """Nobody ran it."""
    future: Future[Any] = Future()
    future.cancel()
    answer(future)

    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_e6_a_cancellation_can_be_ignored(ld: Any) -> None:
    """By the class that the user knows."""

    async def main() -> None:
        future = asyncio.get_running_loop().create_future()
        tracked(KEY, ignore=(asyncio.CancelledError,))(lambda: future)()
        future.cancel()
        await asyncio.sleep(0)

    asyncio.run(main())
    assert (None, 0) == (only_run(ld).outcome, outcome_count(only_run(ld)))


class Slotted:
    """A stream that can only be stood for."""

    __slots__ = ("inner",)

    def __init__(self) -> None:
        self.inner = iter(whole())

    def __iter__(self) -> Slotted:
        return self

    def __next__(self) -> Any:
        return next(self.inner)


@pytest.mark.parametrize("make", [lambda: iter(whole()), Slotted, lambda: play(whole())])
def test_f7_a_job_that_gives_what_can_only_be_stood_for(ld: Any, make: Any) -> None:
    """Whoever waits for the job gets the object itself; the run ends without its tokens."""
    with ThreadPoolExecutor(1) as pool:
        job = tracked(KEY)(lambda: pool.submit(make))()
        assert 4 == len(list(job.result()))

    assert ("success", None) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_f7_a_job_that_gives_a_stream_object(ld: Any) -> None:
    """That is observed in place: the run ends with its last chunk."""
    assert 4 == len(list(answer(done(Stream(whole()))).result()))

    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_f7_a_job_that_gives_a_coroutine(ld: Any) -> None:
    """Whoever waits for the job can still await it."""

    async def work() -> Reply:
        return Reply()

    job = answer(done(work()))
    gc.collect()

    assert Reply() == asyncio.run(job.result())
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


class Distant:
    """A future of another make: what asyncio keeps in `_exception` is a method here."""

    def __init__(self, item: Any) -> None:
        self.item = item

    def add_done_callback(self, callback: Any) -> None:
        callback(self)

    def cancelled(self) -> bool:
        return False

    async def _exception(self) -> None:
        """Ask the scheduler."""

    def exception(self) -> Any:
        return self.item if isinstance(self.item, Exception) else None

    def result(self) -> Any:
        return present(self.item)


@pytest.mark.parametrize(("item", "expected"), [(Reply(), "success"), (ValueError(), "error")])
def test_f7_a_future_of_another_make(ld: Any, item: Any, expected: str) -> None:
    """Its own word counts."""
    answer(Distant(item))

    assert (expected, 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_e5_tokens_that_a_jobs_exception_carries(ld: Any) -> None:
    """They are recorded with the error."""
    usage = CompletionUsage(prompt_tokens=3, completion_tokens=5, total_tokens=8)
    answer(done(LengthFinishReasonError(completion=ChatCompletion.construct(choices=[], usage=usage))))

    assert ("error", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_d2_asyncio_still_warns_of_an_exception_that_nobody_saw(ld: Any) -> None:
    """Tracking looks at a failed future without having seen it."""
    reported: list[str] = []

    async def fail() -> None:
        raise ValueError

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: reported.append(context["message"]))
        answer(asyncio.ensure_future(fail()))
        for _ in range(3):
            await asyncio.sleep(0)
        gc.collect()

    asyncio.run(main())
    assert ["Task exception was never retrieved"] == reported
    assert "error" == only_run(ld).outcome
