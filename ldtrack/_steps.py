"""Steps of a stream, and what else runs code of the stream's own: the run is current inside, and a reader is told."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from ldtrack._context import current

if TYPE_CHECKING:
    from contextvars import Token
    from typing import TypeAlias

    from ldtrack._reader import StreamReader
    from ldtrack._run import Run
    from ldtrack._stand_in import Method

    Then: TypeAlias = Callable[[Any], Any]
    """Takes what a method gave, and gives what the caller gets."""


inside: ContextVar[object] = ContextVar("ldtrack_inside", default=None)
"""The mark of the reader in whose stream's own code we are: several threads or tasks may read one stream."""


class Inside:
    """A block in which code of a stream's own runs: what that does to the stream is no business of its reader."""

    __slots__ = ("_mark", "_reader", "_run")

    _mark: Token[object]
    _run: Token[Run | None]

    def __init__(self, reader: StreamReader) -> None:
        self._reader = reader
        if not reader.began:
            reader.begin()

    def __enter__(self) -> None:
        self._mark = inside.set(self._reader.mark)
        self._run = current.set(self._reader.run)

    def __exit__(self, _kind: object, exc: BaseException | None, _traceback: object) -> None:
        try:
            current.reset(self._run)
            inside.reset(self._mark)
        except ValueError:  # left in another context than it began in
            pass
        if exc is not None:
            self._failed(self._reader, exc)

    def _failed(self, reader: StreamReader, exc: BaseException) -> None:
        reader.ended(exc)


class Step(Inside):
    """A step of a stream; what ends it tells how the stream ended, unless the consumer is just leaving it."""

    __slots__ = ()

    def _failed(self, reader: StreamReader, exc: BaseException) -> None:
        if reader.leaving is not None:
            reader.ended(reader.leaving)
        else:
            reader.ended(None if isinstance(exc, (StopIteration, StopAsyncIteration)) else exc)


def within(reader: StreamReader, then: Then, method: Method, *args: Any, **kwargs: Any) -> Any:
    """Call another method of a stream's own, sync or async."""
    with Inside(reader):
        result = method(*args, **kwargs)
    return _within_async(reader, then, result) if inspect.isawaitable(result) else then(result)


async def _within_async(reader: StreamReader, then: Then, awaitable: Any) -> Any:
    with Inside(reader):
        result = await awaitable
    return then(result)
