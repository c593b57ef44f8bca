"""F1, F2: decorated functions travel to other processes."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import cloudpickle
import pytest
from ldclient import Context

from contract.travellers import Bot, answer, count_runs, prepare, stream
from ldtrack import tracked
from support import KEY, STREAMS, Reply, Shape


@pytest.mark.parametrize("function", [answer, stream, Bot.method, Bot.stream], ids=lambda f: f.__qualname__)
def test_f1_module_level_functions_pickle_by_name(function: Any) -> None:
    """A module-level function comes back as itself."""
    assert function is pickle.loads(pickle.dumps(function))


def test_f1_bound_methods_pickle() -> None:
    """A bound decorated method travels with its object."""
    method = pickle.loads(pickle.dumps(Bot("ada").stream))

    assert "ada" == method.__self__.name


def test_g4_spawn_process_pool() -> None:
    """A worker process that has its own client runs decorated functions and records them."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=prepare) as pool:
        assert "q" == pool.submit(answer, "q").result(60).text
        assert "ada q" == pool.submit(Bot("ada").method, "q").result(60).text
        assert 2 == pool.submit(count_runs).result(60)


@pytest.mark.parametrize("shape", STREAMS[:2], ids=str)
def test_f2_local_functions_cloudpickle(ld: Any, shape: Shape) -> None:
    """Local decorated generator functions travel by value, though they ran here with a live client."""

    def local_generator(count: int) -> Iterator[int]:
        yield from range(1, count)

    async def local_async_generator(count: int) -> AsyncIterator[int]:
        for number in range(1, count):
            yield number

    decorated = tracked(KEY)(local_async_generator if shape.asynchronous else local_generator)
    decorated(3)
    copy = cloudpickle.loads(cloudpickle.dumps(decorated))

    assert inspect.isasyncgenfunction(decorated) == inspect.isasyncgenfunction(copy)
    if not shape.asynchronous:
        assert [1, 2] == list(copy(3)) == list(decorated(3))
        assert 2 == len(ld.runs())


@pytest.mark.parametrize("local", [False, True])
def test_f2_plain_local_functions_cloudpickle(ld: Any, local: bool) -> None:
    """Plain and async functions, too, with extractor, context and fallback of their own."""
    user = Context.create("user-2")

    @tracked(KEY, context=lambda number: user, fallback=lambda number: Reply("off"))
    def local_function(number: int) -> Reply:
        return Reply(str(number))

    assert "1" == local_function(1).text
    copy = cloudpickle.loads(cloudpickle.dumps(local_function))
    assert "2" == copy(2).text


MAIN = """
    import sys, cloudpickle, ldtrack
    from ldtrack.local import LocalLaunchDarkly

    @ldtrack.tracked("chat")
    def numbers(count):
        "Numbers."
        yield from range(1, count)

    @ldtrack.tracked("chat")
    async def letters(count):
        yield "a"

    if __name__ == "__main__":
        local = LocalLaunchDarkly({"chat": {"_ldMeta": {"enabled": True}, "model": {"name": "m"}}})
        ldtrack.configure(client=local.client, context=__import__("ldclient").Context.create("u"))
        assert [1, 2] == list(numbers(3))
        sys.stdout.buffer.write(cloudpickle.dumps((numbers, letters)))
"""


OTHER = """
    import inspect, sys, cloudpickle, ldtrack
    from ldtrack.local import LocalLaunchDarkly

    numbers, letters = cloudpickle.loads(sys.stdin.buffer.read())
    local = LocalLaunchDarkly({"chat": {"_ldMeta": {"enabled": True}, "model": {"name": "m"}}})
    ldtrack.configure(client=local.client, context=__import__("ldclient").Context.create("u"))
    assert inspect.isgeneratorfunction(numbers) and inspect.isasyncgenfunction(letters)
    assert "Numbers." == numbers.__doc__
    print(list(numbers(3)), [run.outcome for run in local.runs()])
"""


def test_f2_functions_of_main_cloudpickle_into_another_process() -> None:
    """Generator functions of a script travel by value to a process that has never seen them."""
    sent = subprocess.run([sys.executable, "-c", textwrap.dedent(MAIN)], capture_output=True, timeout=60)
    assert 0 == sent.returncode, sent.stderr
    got = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(OTHER)], input=sent.stdout, capture_output=True, timeout=60
    )
    assert (b"[1, 2] ['success']\n", 0) == (got.stdout, got.returncode), got.stderr


def test_f2_no_client_lock_or_context_variable_in_decorated_functions(ld: Any) -> None:
    """Standard pickle by value of what a decorated function holds needs no client: two copies run apart."""

    @tracked(KEY)
    def local_function() -> Reply:
        return Reply()

    local_function()
    data = cloudpickle.dumps(local_function)
    assert b"LDClient" not in data
    assert Reply() == cloudpickle.loads(data)()
