"""A, D2: a call whose arguments do not fit the function is no generation; it fails as it does undecorated."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ldai import AICompletionConfig

from ldtrack import configure, inject, tracked
from support import KEY, Reply, only_run

pytestmark = pytest.mark.anyio


def _sync(text: str) -> Any:
    return Reply()


async def _coroutine(text: str) -> Any:
    return Reply()


def _generator(text: str) -> Iterator[Any]:
    yield text


async def _async_generator(text: str) -> AsyncIterator[Any]:
    yield text


def _injected(text: str, config: AICompletionConfig = inject()) -> Any:
    return Reply()


async def _injected_coroutine(config: AICompletionConfig, text: str) -> Any:
    return Reply()


class Bot:
    """Callable, and with a method."""

    def __call__(self, text: str) -> Any:
        return Reply()

    @tracked(KEY)
    def ask(self, text: str) -> Any:
        return Reply()


FUNCTIONS: dict[str, Any] = {
    "sync": _sync,
    "coroutine": _coroutine,
    "generator": _generator,
    "async generator": _async_generator,
    "injected": _injected,
    "injected coroutine": _injected_coroutine,
    "partial": functools.partial(lambda size, text: Reply(), 1),
    "object": Bot(),
    "tracked twice": tracked(KEY)(_sync),
    "builtin": str.upper,
}
WRONG: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((), {}), ((), {"txt": "x"}), (("x", "y", "z"), {})]


@pytest.mark.parametrize(("args", "kwargs"), WRONG, ids=["none", "misspelt", "too many"])
@pytest.mark.parametrize("name", FUNCTIONS)
async def test_d2_a_call_that_cannot_be_made_records_nothing(ld: Any, name: str, args: Any, kwargs: Any) -> None:
    """Python's own TypeError arrives, and no generation is counted as failed: the function never ran."""
    told: list[Any] = []
    configure(on_finish=told.append)
    with pytest.raises(TypeError):
        result = tracked(KEY)(FUNCTIONS[name])(*args, **kwargs)
        if hasattr(result, "__await__"):
            await result

    assert ([], []) == (ld.runs(), told)


def test_d2_a_method_called_with_wrong_arguments_records_nothing(ld: Any) -> None:
    """Bound methods are no exception."""
    with pytest.raises(TypeError, match="ask"):
        Bot().ask()
    assert [] == ld.runs()


def test_e_a_type_error_of_the_functions_own_counts(ld: Any) -> None:
    """Wherever the function got to: one of its own calls may be what does not fit."""

    @tracked(KEY)
    def answer(text: str) -> Any:
        return _sync()  # type: ignore[call-arg]

    with pytest.raises(TypeError) as caught:
        answer("x")
    assert "error" == only_run(ld).outcome
    assert (None, None) == (caught.value.__context__, caught.value.__cause__)


def test_e_a_type_error_of_a_function_without_frames_counts(ld: Any) -> None:
    """A function written in C leaves no frame; its arguments fit."""
    with pytest.raises(TypeError):
        tracked(KEY)(len)(7)
    assert "error" == only_run(ld).outcome


def test_d2_the_traceback_names_each_frame_once(ld: Any) -> None:
    """Looking at the error leaves no trace in it."""
    import traceback

    with pytest.raises(TypeError) as caught:
        tracked(KEY)(_sync)()
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert 1 == names.count("wrapper")
