"""Call a function of any shape, and read what it gives, to the end or in part."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeAlias, cast

import anyio

Stop: TypeAlias = Callable[[], bool]
"""Whether to leave the stream now; asked after each chunk."""


def drive(call: Callable[[], Any], stop: Stop) -> bool:
    """Make the call; says whether it gave a stream."""
    result = call()
    if inspect.isawaitable(result) or _is_async(result):
        return anyio.run(partial(_read_async, result, stop))
    return _read(result, stop)


async def _read_async(result: Any, stop: Stop) -> bool:
    if inspect.isawaitable(result):
        result = await result
    if not isinstance(result, AsyncIterator) and hasattr(result, "__aenter__"):
        async with result as entered:
            return await _read_async(entered, stop)
    streams: list[AsyncIterator[Any]] = [part for part in _parts(result) if isinstance(part, AsyncIterator)]
    for stream in streams:
        async for _ in stream:
            if stop():
                await _closed_async(stream)
                break
    return bool(streams) or _read(result, stop)


def _read(result: Any, stop: Stop) -> bool:
    if not isinstance(result, Iterator) and hasattr(result, "__enter__"):
        with result as entered:
            return _read(entered, stop)
    streams: list[Iterator[Any]] = [part for part in _parts(result) if isinstance(part, Iterator)]
    for stream in streams:
        for _ in stream:
            if stop():
                getattr(stream, "close", _nothing)()
                break
    return bool(streams)


async def _closed_async(stream: Any) -> None:
    for name in ("aclose", "close"):
        if hasattr(stream, name):
            closed = getattr(stream, name)()
            if inspect.isawaitable(closed):
                await closed
            return


def _parts(result: Any) -> list[Any]:
    """A result, and what is in it: some SDKs give a dict with the stream inside."""
    values = cast("Mapping[str, Any]", result).values() if isinstance(result, Mapping) else ()
    return [result, *values]


def _is_async(result: Any) -> bool:
    return isinstance(result, AsyncIterator) or hasattr(result, "__aenter__")


def _nothing() -> None:
    pass
