"""The options of `tracked` are checked, `fallback=` against the function's own signature (A1, A7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from ldai.providers.types import LDAIMetrics
from ldclient import Context
from typing_extensions import assert_type

from ldtrack import configure, tracked


def canned(question: str) -> str:
    return "sorry"


async def acanned(question: str) -> str:
    return "sorry"


def chunks(question: str) -> Iterator[str]:
    yield "sorry"


async def achunks(question: str) -> AsyncIterator[str]:
    yield "sorry"


def other_argument(question: int) -> str:
    return "sorry"


def other_result(question: str) -> int:
    return 0


@tracked("key", fallback=canned)
def sync(question: str) -> str:
    return question


@tracked("key", fallback=acanned)
async def coroutine(question: str) -> str:
    return question


@tracked("key", fallback=chunks)
def generator(question: str) -> Iterator[str]:
    yield question


@tracked("key", fallback=achunks)
async def async_generator(question: str) -> AsyncIterator[str]:
    yield question


assert_type(sync("hi"), str)
assert_type(generator("hi"), Iterator[str])
assert_type(async_generator("hi"), AsyncIterator[str])


def plain(question: str) -> str:
    return question


async def aplain(question: str) -> str:
    return question


tracked("key", fallback=other_argument)(plain)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
tracked("key", fallback=other_result)(plain)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
tracked("key", fallback=acanned)(plain)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
tracked("key", fallback=canned)(aplain)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def context_of(question: str) -> Context:
    return Context.create(question)


def metrics_of(response: Any) -> LDAIMetrics | None:
    return None


@tracked(
    "key",
    context=context_of,
    extractor=metrics_of,
    variables={"tone": "kind"},
    mode="agent",
    interrupted="ignore",
    ignore=(TimeoutError,),
    nested="separate",
)
def with_every_option(question: str) -> str:
    return question


assert_type(with_every_option("hi"), str)

tracked()  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
tracked("key", "other")  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
tracked("key", interrupted="perhaps")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
tracked("key", mode="chat")  # type: ignore[call-overload] # pyright: ignore[reportArgumentType]
tracked("key", unknown=1)  # type: ignore[call-overload] # pyright: ignore[reportCallIssue]
configure(nested="perhaps")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
