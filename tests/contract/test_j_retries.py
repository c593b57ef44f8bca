"""J2: retry loops, in both orders of the decorators."""

from __future__ import annotations

from typing import Any

import pytest
import stamina
import tenacity

from ldtrack import tracked
from support import KEY, Reply, only_run, outcome_count

pytestmark = pytest.mark.anyio


class Flaky:
    """Fails twice, then answers."""

    def __init__(self) -> None:
        self.left = 2

    def __call__(self) -> Reply:
        if self.left:
            self.left -= 1
            raise ConnectionError
        return Reply()


RETRIES: dict[str, Any] = {
    "tenacity": tenacity.retry(stop=tenacity.stop_after_attempt(5), wait=tenacity.wait_none(), reraise=True),
    "stamina": stamina.retry(on=ConnectionError, attempts=5, wait_initial=0, wait_jitter=0),
}


@pytest.mark.parametrize("library", RETRIES)
def test_j2_tracked_around_a_retry_is_one_run(ld: Any, library: str) -> None:
    """`@tracked` above the retry decorator: one run, a success though two attempts failed."""
    flaky = Flaky()

    @tracked(KEY)
    @RETRIES[library]
    def answer() -> Reply:
        return flaky()

    assert Reply() == answer()
    assert ("success", 1, 8) == (only_run(ld).outcome, outcome_count(only_run(ld)), only_run(ld).total_tokens)


@pytest.mark.parametrize("library", RETRIES)
def test_j2_retry_around_tracked_is_a_run_for_each_attempt(ld: Any, library: str) -> None:
    """The other order records each attempt."""
    flaky = Flaky()

    @RETRIES[library]
    @tracked(KEY)
    def answer() -> Reply:
        return flaky()

    assert Reply() == answer()
    assert ["error", "error", "success"] == [run.outcome for run in ld.runs()]


@pytest.mark.parametrize("library", RETRIES)
def test_j2_attempts_inside_a_turn_join(ld: Any, library: str) -> None:
    """Retried tracked calls inside a tracked turn are one run."""
    flaky = Flaky()

    @RETRIES[library]
    @tracked(KEY)
    def attempt() -> Reply:
        return flaky()

    @tracked(KEY)
    def turn() -> Reply:
        return attempt()

    assert Reply() == turn()
    assert ("success", 1, 8) == (only_run(ld).outcome, outcome_count(only_run(ld)), only_run(ld).total_tokens)


@pytest.mark.parametrize("order", ["outside", "inside"])
def test_j2_async_retries_under_asyncio(ld: Any, order: str) -> None:
    """Coroutine functions, too: tenacity and stamina see one."""
    import asyncio

    for retry in RETRIES.values():
        flaky = Flaky()

        async def answer(flaky: Flaky = flaky) -> Reply:
            await asyncio.sleep(0)
            return flaky()

        decorated = tracked(KEY)(retry(answer)) if order == "outside" else retry(tracked(KEY)(answer))
        assert Reply() == asyncio.run(decorated())
    outcomes = [run.outcome for run in ld.runs()]
    assert outcomes == (["success"] * 2 if order == "outside" else ["error", "error", "success"] * 2)


def test_j2_gives_up(ld: Any) -> None:
    """When the retries give up, the one run is an error."""

    @tracked(KEY)
    @tenacity.retry(stop=tenacity.stop_after_attempt(2), wait=tenacity.wait_none(), reraise=True)
    def answer() -> Reply:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        answer()
    assert ("error", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))
