"""E1: the policies decide about interruptions; what the model itself said stands."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from ldtrack import bind_run, configure, suppressed, tracked
from support import KEY, Chunk, Reply, hello, only_run


@pytest.mark.parametrize("interrupted", ["auto", "success", "error", "ignore"])
@pytest.mark.parametrize("configured", [False, True])
def test_e1_what_was_read_already_says_failed(ld: Any, interrupted: Any, *, configured: bool) -> None:
    """Then it failed, however it was left and whatever the policy."""
    if configured:
        configure(interrupted=interrupted)

    @tracked(KEY, **({} if configured else {"interrupted": interrupted}))
    def answer() -> Any:
        yield hello()
        yield Chunk("no", failed=True)
        yield hello()

    stream = answer()
    next(stream), next(stream)
    stream.close()
    assert "error" == only_run(ld).outcome


def test_a9_a_bound_job_is_suppressed_where_it_was_bound(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Though it runs elsewhere, after the block."""
    caplog.set_level(logging.WARNING)
    with suppressed():
        job = bind_run(tracked(KEY)(lambda: Reply()))

    assert Reply() == job()
    assert [] == ld.runs()
