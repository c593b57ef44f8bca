"""The functions that the replay decorates: each shape that users write, and the way its result is used up."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from ldtrack.replay._sdk import Kind

Mode: TypeAlias = Literal["sync", "async"]
Play: TypeAlias = Callable[[Callable[[], Any]], Any]
"""Calls a decorated function, which makes the SDK call it is given, and uses up what comes back."""

Track: TypeAlias = Callable[[Callable[..., Any]], Callable[..., Any]]
Shapes: TypeAlias = "dict[Kind, dict[str, Play]]"


def sync_shapes(track: Track, chunks: Callable[[Any], Any]) -> Shapes:
    """Decorate the sync shapes: by kind of result and name.

    Args:
        track: The decorator.
        chunks: Where the stream is in what a call returned.
    """

    @track
    def function(ask: Callable[[], Any]) -> Any:
        return ask()

    @track
    def generator(ask: Callable[[], Any]) -> Iterator[Any]:
        yield from chunks(ask())

    @track
    def managed_generator(ask: Callable[[], Any]) -> Iterator[Any]:
        with ask() as stream:
            yield from stream

    return {
        "plain": {"function": function},
        "stream": {
            "returned stream": lambda ask: _drain(chunks(function(ask))),
            "generator": lambda ask: _drain(generator(ask)),
        },
        "helper": {
            "returned manager": lambda ask: _enter(function(ask), _drain),
            "until_done()": lambda ask: _enter(function(ask), lambda stream: stream.until_done()),
            "generator": lambda ask: _drain(managed_generator(ask)),
        },
    }


def async_shapes(track: Track, chunks: Callable[[Any], Any]) -> Shapes:
    """Same as `sync_shapes`, but the functions are async and the plays are awaited."""

    @track
    async def function(ask: Callable[[], Any]) -> Any:
        return await _finished(ask())

    @track
    def manager_function(ask: Callable[[], Any]) -> Any:
        return ask()

    @track
    async def generator(ask: Callable[[], Any]) -> AsyncIterator[Any]:
        async for chunk in chunks(await _finished(ask())):
            yield chunk

    @track
    async def managed_generator(ask: Callable[[], Any]) -> AsyncIterator[Any]:
        async with ask() as stream:
            async for event in stream:
                yield event

    async def returned_stream(ask: Callable[[], Any]) -> None:
        await _adrain(chunks(await function(ask)))

    return {
        "plain": {"function": function},
        "stream": {"returned stream": returned_stream, "generator": lambda ask: _adrain(generator(ask))},
        "helper": {
            "returned manager": lambda ask: _aenter(manager_function(ask), _adrain),
            "until_done()": lambda ask: _aenter(manager_function(ask), lambda stream: stream.until_done()),
            "generator": lambda ask: _adrain(managed_generator(ask)),
        },
    }


async def _finished(asked: Any) -> Any:
    """What an async call gives: some SDKs return its stream at once."""
    return await asked if inspect.isawaitable(asked) else asked


def _drain(stream: Any) -> None:
    deque(stream, maxlen=0)


async def _adrain(stream: Any) -> None:
    async for _ in stream:
        pass


def _enter(manager: Any, use: Callable[[Any], Any]) -> None:
    with manager as stream:
        use(stream)


async def _aenter(manager: Any, use: Callable[[Any], Any]) -> None:
    async with manager as stream:
        await use(stream)
