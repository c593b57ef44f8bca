"""F1: decorated functions look and travel like the original."""

from __future__ import annotations

import functools
import inspect
import pickle
import subprocess
import sys
import textwrap
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

import cloudpickle
import pytest
from ldai import AICompletionConfig
from ldai.tracker import LDAIConfigTracker
from ldclient import Context
from support import KEY, STREAMS, Chunk, Reply, Shape, only_run, whole
from contract.travellers import Bot, answer, count_runs, prepare, stream

from ldtrack import Run, inject, tracked

PREDICATES = ("iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "isroutine")


def plain(question: str, *, size: int = 3) -> Reply:
    """Plain."""
    return Reply(question, size)


async def coroutine(question: str, *, size: int = 3) -> Reply:
    """Coroutine."""
    return Reply(question, size)


def generator(question: str, *, size: int = 3) -> Iterator[Chunk]:
    """Generator."""
    yield from whole()


async def async_generator(question: str, *, size: int = 3) -> AsyncIterator[Chunk]:
    """Async generator."""
    for chunk in whole():
        yield chunk


SHAPES = (plain, coroutine, generator, async_generator)
shapes = pytest.mark.parametrize("original", SHAPES, ids=lambda function: function.__name__)


@shapes
@pytest.mark.parametrize("predicate", PREDICATES)
def test_f1_inspect_predicates(original: Callable[..., Any], predicate: str) -> None:
    """`inspect` says of the decorated function what it says of the original."""
    test = getattr(inspect, predicate)

    assert test(original) == test(tracked(KEY)(original))


@shapes
@pytest.mark.parametrize("name", ["__name__", "__qualname__", "__doc__", "__module__", "__annotations__"])
def test_f1_names(original: Callable[..., Any], name: str) -> None:
    """Names, documentation and annotations are the original's."""
    assert getattr(original, name) == getattr(tracked(KEY)(original), name)


@shapes
def test_f1_signature_and_wrapped(original: Callable[..., Any]) -> None:
    """The signature is the original's, and `__wrapped__` leads to it."""
    decorated: Any = tracked(KEY)(original)

    assert original is decorated.__wrapped__
    assert inspect.signature(original) == inspect.signature(decorated)
    assert typing.get_type_hints(original) == typing.get_type_hints(decorated)
    assert inspect.getsource(original) == inspect.getsource(decorated)


@shapes
def test_f1_asyncio_predicate(original: Callable[..., Any]) -> None:
    """A partial of a decorated function has the shape of a partial of the original."""
    decorated = functools.partial(tracked(KEY)(original), "q")
    reference = functools.partial(original, "q")

    for predicate in PREDICATES[:3]:
        assert getattr(inspect, predicate)(reference) == getattr(inspect, predicate)(decorated)


@shapes
def test_f1_attributes_of_the_function_are_kept(original: Callable[..., Any]) -> None:
    """What other decorators noted on the function is still there, and can be noted later."""

    def note(function: Any) -> Any:
        function.route = "/chat"
        return function

    decorated: Any = tracked(KEY)(note(original))
    assert "/chat" == decorated.route
    decorated.later = 1
    assert 1 == decorated.later


def test_b7_injected_parameters_are_absent_from_the_signature() -> None:
    """Frameworks that read signatures see the caller's own parameters only."""

    def answer(
        question: str,
        config: AICompletionConfig,
        user: Context,
        tracker: LDAIConfigTracker = inject(),
        *,
        run: Run,
    ) -> str:
        return question

    for make in (answer, functools.partial(answer)):
        assert ["question", "user"] == list(inspect.signature(tracked(KEY)(make)).parameters)


class Service:
    """Methods of every kind."""

    name = "service"

    @tracked(KEY)
    def method(self, question: str) -> Reply:
        """A method."""
        return Reply(f"{self.name} {question}")

    @tracked(KEY)
    async def async_method(self, question: str) -> Reply:
        """An async method."""
        return Reply(f"{self.name} {question}")

    @tracked(KEY)
    def stream(self, question: str) -> Iterator[Chunk]:
        """A generator method."""
        yield from whole()

    @tracked(KEY)
    async def async_stream(self, question: str) -> AsyncIterator[Chunk]:
        """An async generator method."""
        for chunk in whole():
            yield chunk

    @staticmethod
    @tracked(KEY)
    def static_outside(question: str) -> Reply:
        return Reply(question)

    @tracked(KEY)
    @staticmethod
    def static_inside(question: str) -> Reply:
        return Reply(question)

    @classmethod
    @tracked(KEY)
    def class_outside(cls, question: str) -> Reply:
        return Reply(f"{cls.name} {question}")

    @tracked(KEY)
    @classmethod
    def class_inside(cls, question: str) -> Reply:
        return Reply(f"{cls.name} {question}")

    @classmethod
    @tracked(KEY)
    def class_stream_outside(cls, question: str) -> Iterator[Chunk]:
        yield from whole()

    @tracked(KEY)
    @classmethod
    def class_stream_inside(cls, question: str) -> Iterator[Chunk]:
        yield from whole()

    @staticmethod
    @tracked(KEY)
    def static_stream_outside(question: str) -> Iterator[Chunk]:
        yield from whole()

    @tracked(KEY)
    @staticmethod
    def static_stream_inside(question: str) -> Iterator[Chunk]:
        yield from whole()


@pytest.mark.parametrize("owner", [Service(), Service], ids=["instance", "class"])
@pytest.mark.parametrize(
    ("name", "text"),
    [("static_outside", "q"), ("static_inside", "q"), ("class_outside", "service q"), ("class_inside", "service q")],
)
def test_f1_class_and_static_methods(ld: Any, owner: Any, name: str, text: str) -> None:
    """Class- and static methods work in either order of decorators, on the class and on instances."""
    assert text == getattr(owner, name)("q").text
    assert "success" == only_run(ld).outcome


@pytest.mark.parametrize("owner", [Service(), Service], ids=["instance", "class"])
@pytest.mark.parametrize(
    "name", ["class_stream_outside", "class_stream_inside", "static_stream_outside", "static_stream_inside"]
)
def test_f1_generator_class_and_static_methods(ld: Any, owner: Any, name: str) -> None:
    """Generator methods bind like any other, and stay generator functions."""
    bound = getattr(owner, name)

    assert inspect.isgeneratorfunction(bound)
    assert 4 == len(list(bound("q")))
    assert "success" == only_run(ld).outcome


@pytest.mark.anyio
async def test_f1_methods(ld: Any) -> None:
    """Methods bind, and subclasses see their own `self`."""

    class Sub(Service):
        name = "sub"

    service = Sub()
    assert "sub q" == service.method("q").text
    assert "sub q" == Service.method(service, question="q").text
    assert "sub q" == (await service.async_method("q")).text
    assert 4 == len(list(service.stream("q")))
    assert 4 == len([chunk async for chunk in service.async_stream("q")])
    assert 5 == len(ld.runs())


def test_f1_bound_methods_look_bound() -> None:
    """A bound generator method is a method of its object."""
    service = Service()
    for name in ("method", "stream"):
        method = getattr(service, name)
        assert inspect.ismethod(method)
        assert service is method.__self__
        assert name == method.__name__
        assert ["question"] == list(inspect.signature(method).parameters)


def test_f1_super_and_override(ld: Any) -> None:
    """`super()` reaches the decorated generator of a base class."""

    class Sub(Service):
        def stream(self, question: str) -> Iterator[Chunk]:
            yield from super().stream(question)

    assert 4 == len(list(Sub().stream("q")))
    assert 1 == len(ld.runs())


def test_f1_decorating_a_bound_method(ld: Any) -> None:
    """A bound method can be decorated."""

    class Client:
        def ask(self, question: str) -> Reply:
            return Reply(question)

        def stream(self, question: str) -> Iterator[Chunk]:
            yield from whole()

    client = Client()
    assert "q" == tracked(KEY)(client.ask)("q").text
    assert 4 == len(list(tracked(KEY)(client.stream)("q")))
    assert 2 == len(ld.runs())


class CallableService:
    """A callable object."""

    def __call__(self, question: str) -> Reply:
        return Reply(question)


class CallableStream:
    """A callable object whose call is a generator."""

    def __call__(self, question: str) -> Iterator[Chunk]:
        yield from whole()


class AsyncCallable:
    """A callable object whose call is a coroutine function."""

    async def __call__(self, question: str) -> Reply:
        return Reply(question)


@pytest.mark.anyio
async def test_f1_callable_objects(ld: Any) -> None:
    """Callable objects work in their shapes."""
    assert "q" == tracked(KEY)(CallableService())("q").text
    assert 4 == len(list(tracked(KEY)(CallableStream())("q")))
    assert "q" == (await tracked(KEY)(AsyncCallable())("q")).text
    assert ["success"] * 3 == [run.outcome for run in ld.runs()]


@pytest.mark.anyio
async def test_f1_partials(ld: Any) -> None:
    """Partials of every shape work, decorated and wrapped around."""
    assert 7 == tracked(KEY)(functools.partial(plain, size=7))("q").input
    assert 7 == functools.partial(tracked(KEY)(plain), size=7)("q").input
    assert 7 == (await tracked(KEY)(functools.partial(coroutine, "q"))(size=7)).input
    assert 4 == len(list(tracked(KEY)(functools.partial(generator, "q"))()))
    assert 4 == len([chunk async for chunk in tracked(KEY)(functools.partial(async_generator, "q"))()])
    assert 5 == len(ld.runs())


def test_f1_lambdas_and_recursion(ld: Any) -> None:
    """Lambdas work; a recursive function is one run (J1)."""

    @tracked(KEY)
    def count_down(n: int) -> Reply:
        return count_down(n - 1) if n else Reply()

    assert Reply() == tracked(KEY)(lambda: Reply())()
    assert Reply() == count_down(3)
    assert 2 == len(ld.runs())


def test_f1_functools_wrappers_around(ld: Any) -> None:
    """Ordinary decorators below and above do not disturb."""

    def twice(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    assert 3 == twice(tracked(KEY)(twice(plain)))("q").input
    assert ["question", "size"] == list(inspect.signature(twice(tracked(KEY)(twice(plain)))).parameters)
    assert "success" == only_run(ld).outcome


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

    decorated = tracked(KEY)(local_async_generator if shape.asynchronous else local_generator)  # type: ignore[type-var]
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
