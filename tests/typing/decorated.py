"""A decorated function keeps its exact signature, return type and shape (A7). Read by the type checkers, never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from typing import Any

from ldai import AICompletionConfig
from ldclient import Context
from typing_extensions import assert_type

from ldtrack import Run, inject, tracked


class Reply:
    """A response of the user's own."""


@tracked("key")
def sync(question: str, *, n: int = 1) -> Reply:
    return Reply()


@tracked("key")
async def coroutine(question: str) -> Reply:
    return Reply()


@tracked("key")
def generator(question: str) -> Generator[str, int, Reply]:
    sent = yield question
    assert_type(sent, int)
    return Reply()


@tracked("key")
def iterator(question: str) -> Iterator[str]:
    yield question


@tracked("key")
async def async_generator(question: str) -> AsyncGenerator[str, int]:
    yield question


@tracked("key")
async def async_iterator(question: str) -> AsyncIterator[str]:
    yield question


@tracked("key")
async def streaming(question: str) -> AsyncIterator[str]:
    return async_iterator(question)


@tracked("key")
def awaitable(question: str) -> Awaitable[Reply]:
    return coroutine(question)


async def keeps_every_shape() -> None:
    assert_type(sync("hi", n=2), Reply)
    waiting: Coroutine[Any, Any, Reply] = coroutine("hi")
    assert_type(await waiting, Reply)
    assert_type(await coroutine("hi"), Reply)
    assert_type(generator("hi"), Generator[str, int, Reply])
    assert_type(iterator("hi"), Iterator[str])
    assert_type(async_generator("hi"), AsyncGenerator[str, int])
    assert_type(async_iterator("hi"), AsyncIterator[str])
    assert_type(await streaming("hi"), AsyncIterator[str])
    assert_type(await awaitable("hi"), Reply)


def rejects_other_arguments() -> None:
    sync(42)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    sync("hi", 2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    sync("hi", m=2)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    sync()  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


class Assistant:
    """Methods of every kind, in either order of decorators."""

    @tracked("key")
    def method(self, question: str) -> Reply:
        return Reply()

    @tracked("key")
    async def async_method(self, question: str) -> Reply:
        return Reply()

    @classmethod
    @tracked("key")
    def class_inside(cls, question: str) -> Reply:
        return Reply()

    @staticmethod
    @tracked("key")
    def static_inside(question: str) -> Reply:
        return Reply()

    @tracked("key")
    @classmethod
    def class_outside(cls, question: str) -> Reply:
        return Reply()

    @tracked("key")
    @staticmethod
    def static_outside(question: str) -> Reply:
        return Reply()


async def methods_bind(assistant: Assistant) -> None:
    assert_type(assistant.method("hi"), Reply)
    assert_type(Assistant.method(assistant, "hi"), Reply)
    assert_type(await assistant.async_method("hi"), Reply)
    assert_type(assistant.class_inside("hi"), Reply)
    assert_type(Assistant.class_inside("hi"), Reply)
    assert_type(assistant.static_inside("hi"), Reply)
    assert_type(Assistant.class_outside("hi"), Reply)
    assert_type(assistant.class_outside("hi"), Reply)
    assert_type(assistant.static_outside("hi"), Reply)
    assistant.method(42)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Assistant.class_outside(42)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def takes_a_function(function: Callable[[str], Reply]) -> None:
    """A parameter that a tracked function must fit."""


takes_a_function(tracked("key")(sync))


@tracked("key")
def injected(
    question: str, config: AICompletionConfig = inject(), *, run: Run = inject(), user: Context | None = None
) -> Reply:
    assert_type(config, AICompletionConfig)
    assert_type(run, Run)
    return Reply()


def injected_parameters_can_be_left_out(config: AICompletionConfig) -> None:
    assert_type(injected("hi"), Reply)
    assert_type(injected("hi", config), Reply)
    injected("hi", "config")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
