"""G3, G4: the standard library's pools of processes."""

from __future__ import annotations

import multiprocessing

import pytest

from events_endpoint import EventsEndpoint
from tracking_app import OF_A_RUN, finished

METHODS = multiprocessing.get_all_start_methods()
SUCCESS = "$ld:ai:generation:success"

EXECUTOR = """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    {before}
    with ProcessPoolExecutor(2, mp_context=get_context({method!r}), initializer={initializer}) as pool:
        print(sum(reply.text == "hi" for reply in pool.map(answer, ["question"] * 20)))
"""
POOL = """
    from multiprocessing import get_context

    {before}
    with get_context({method!r}).Pool(2) as pool:
        print(len(pool.map({task}, ["question"] * 20)))
"""


@pytest.mark.parametrize("method", METHODS)
def test_g4_an_executor_whose_workers_configure_themselves(endpoint: EventsEndpoint, method: str) -> None:
    """Their events arrive when the executor is shut down; the function travels by its name."""
    ended = finished(endpoint, EXECUTOR.format(method=method, initializer="set_up", before="pass"))

    assert "20" == ended.stdout.strip(), ended.stderr
    assert 20 == len(endpoint.metrics(SUCCESS))
    assert 20 * OF_A_RUN == len(endpoint.metrics()) - len(endpoint.metrics("$ld:ai:sdk:info"))


@pytest.mark.skipif("fork" not in METHODS, reason="this system cannot fork")
@pytest.mark.parametrize("before", ["set_up()", "set_up(); answer()", "configure(client=make_client(), context=USER)"])
def test_g4_an_executor_whose_workers_are_forked_from_a_process_that_is_set_up(
    endpoint: EventsEndpoint, before: str
) -> None:
    """They need no initialiser."""
    ended = finished(endpoint, EXECUTOR.format(method="fork", initializer="None", before=before))

    assert "20" == ended.stdout.strip(), ended.stderr
    assert 20 + before.count("answer") == len(endpoint.metrics(SUCCESS))


@pytest.mark.parametrize("method", METHODS)
def test_g4_a_pool_that_is_left_ends_its_workers_by_force(endpoint: EventsEndpoint, method: str) -> None:
    """So each task delivers before it returns."""
    ended = finished(endpoint, POOL.format(method=method, task="delivering", before="pass"))

    assert "20" == ended.stdout.strip(), ended.stderr
    assert 20 == len(endpoint.metrics(SUCCESS))
