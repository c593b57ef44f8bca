"""Stream objects of the provider SDKs, stream managers, and responses whose body is the caller's to read.

The object's own stepping and closing methods tell a reader. So whatever drains it by itself (`until_done()`,
`get_final_message()`, `text_stream`) is seen too.
"""

from __future__ import annotations

import functools
import inspect
import types
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import TYPE_CHECKING, Any

from ldtrack._generators import ReturnedOpening, drive, drive_async
from ldtrack._observed import observe, reader_of
from ldtrack._outcome import is_interruption
from ldtrack._registry import find_stream
from ldtrack._stand_in import Method, Methods
from ldtrack._steps import Inside, Step, inside, within
from ldtrack._stream_types import is_stream, wraps_body

if TYPE_CHECKING:
    from ldai.providers.types import LDAIMetrics

    from ldtrack._metrics import Extractor
    from ldtrack._reader import StreamReader


def observe_stream(stream: Any, reader: StreamReader) -> Any:
    """Let a reader follow a stream object; gives the object, or what stands for it."""
    kind: type[Any] = type(stream)  # pyright: ignore[reportUnknownVariableType] -- any class
    if issubclass(kind, (Generator, AsyncGenerator)):
        return observe(stream, reader, _GENERATOR_METHODS)
    known = find_stream(kind)
    if known is None:
        return observe(stream, reader, _STREAM_METHODS)
    own: dict[str, Any] = getattr(stream, "__dict__", {})
    carried = [name for name in known.methods if name in own and not callable(own[name])]
    observed = observe(stream, reader, _methods_of(known.methods, fed=bool(carried)))
    if known.extractor is not None:
        reader.read_at_end(partial(_final, weakref.ref(observed), known.extractor))
    for name in carried:
        _follow_attribute(reader, stream, name, own[name])
    return observed


def _follow_attribute(reader: StreamReader, carrier: object, name: str, stream: object) -> None:
    """Follow a stream that an object has in an attribute; one that has something else there is a whole response."""
    if is_stream(type(stream)):
        setattr(carrier, name, _given(reader, stream))
    else:
        reader.answered(carrier)


@functools.cache
def _methods_of(names: tuple[str, ...], *, fed: bool) -> Methods:
    """The methods of a stream object, and its properties; some give its chunks, `next` one by one, the others all.

    Args:
        names: Those that are the object's own.
        fed: Whether its chunks come from something else that it holds, so that to iterate it only repeats them.
    """
    giving = {name: _CHUNK_BY_CHUNK.get(name) or _telling(_give) for name in names}
    replaced = _CLOSING if fed or "dispatch" in names else _STREAM_METHODS.replaced
    return Methods({**replaced, "cancel": _telling(_cancel), "abort": _telling(_cancel), **giving})


def _final(stream: Callable[[], Any], extractor: Extractor) -> LDAIMetrics | None:
    """What a stream object says of itself, if it is still there."""
    alive = stream()
    return None if alive is None else extractor(alive)


def observe_manager(manager: Any, reader: StreamReader) -> Any:
    """Let a reader follow the stream that a manager gives when it is entered; the clock starts then."""
    reader.wait()
    return observe(manager, reader, _MANAGER_METHODS)


def observe_body(response: Any, reader: StreamReader) -> Any:
    """Let a reader see what the caller reads of a response's body: a stream, or all of it."""
    return observe(response, reader, _BODY_METHODS)


def _told(stream: object) -> StreamReader | None:
    """Who is told what is done with a stream; nobody where its own code does it, or where it is a copy."""
    reader: StreamReader | None = reader_of(stream)
    return None if reader is None or inside.get() is reader.mark else reader


def _stepping(original: Method) -> Method:
    def method(self: object, *args: Any) -> Any:
        reader = _told(self)
        if reader is None:
            return original(self, *args)
        with Step(reader):
            chunk = original(self, *args)
        reader.saw(chunk)
        return chunk

    return method


def _stepping_async(original: Method) -> Method:
    if inspect.isasyncgenfunction(original):  # aiobotocore's `__anext__` is no step, but makes the iterator
        return original

    async def method(self: object, *args: Any, **kwargs: Any) -> Any:
        reader = _told(self)
        if reader is None:
            return await original(self, *args, **kwargs)
        with Step(reader):
            chunk = await original(self, *args, **kwargs)
        reader.saw(chunk)
        return chunk

    return method


def _telling(tell: Callable[..., Any]) -> Callable[[Method], Method]:
    """Replace any other method."""

    def replace(original: Method) -> Method:
        def method(self: object, *args: Any, **kwargs: Any) -> Any:
            reader = _told(self)
            if reader is None:
                return original(self, *args, **kwargs)
            return tell(reader, original, self, *args, **kwargs)

        return method

    return replace


def _give(reader: StreamReader, method: Method, stream: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a method that gives a stream's chunks, or that drains it and gives what came of it."""
    reader.held = stream  # it must be there to be read when its chunks have come to their end
    return within(reader, partial(_given, reader), method, stream, *args, **kwargs)


def _given(reader: StreamReader, result: object) -> Any:
    if isinstance(result, types.GeneratorType):
        return drive(ReturnedOpening(result, reader))
    if isinstance(result, types.AsyncGeneratorType):
        return drive_async(ReturnedOpening(result, reader))
    if is_stream(type(result)):
        return observe_stream(result, reader)
    reader.ended(None)
    return result


def _take(reader: StreamReader, method: Method, stream: Any, chunk: Any) -> None:
    """A chunk is put into a stream, from which it can be read more than once."""
    if not reader.began:
        reader.begin()
    reader.saw(chunk)
    method(stream, chunk)
    if stream.done:
        reader.ended(None)


def _fail(reader: StreamReader, method: Method, stream: Any, error: BaseException) -> None:
    reader.ended(reader.leaving or error)
    method(stream, error)


def _cancel(reader: StreamReader, method: Method, *args: Any, **kwargs: Any) -> Any:
    """The consumer wants no more of a stream, which ends when its code has noticed."""
    reader.leaving = GeneratorExit()
    return method(*args, **kwargs)


def _iterate(reader: StreamReader, method: Method, stream: Any) -> Any:
    mark = inside.set(reader.mark)
    try:
        iterator = method(stream)
    finally:
        inside.reset(mark)
    return iterator if iterator is stream else observe_stream(iterator, reader)


def _await(reader: StreamReader, method: Callable[..., Generator[Any, Any, Any]], stream: Any) -> Any:
    """Some streams can be awaited instead, and give a whole response then."""
    with Inside(reader):
        result: Any = yield from method(stream)
    return _was_read(reader, result, result)


def _close(reader: StreamReader, method: Method, *args: Any, **kwargs: Any) -> Any:
    return _leave(reader, GeneratorExit(), method, *args, **kwargs)


def _exit(reader: StreamReader, method: Method, stream: Any, *exc: Any) -> Any:
    raised: BaseException | None = exc[1]
    ending = raised if raised is not None and is_interruption(raised) else GeneratorExit()
    return _leave(reader, ending, method, stream, *exc)


def _leave(reader: StreamReader, ending: BaseException, method: Method, *args: Any, **kwargs: Any) -> Any:
    """Close a stream with its own method, and end it: closed by its consumer, or left by an interruption."""
    reader.leaving = ending
    return within(reader, partial(_left, reader), method, *args, **kwargs)


def _left(reader: StreamReader, result: object) -> object:
    reader.ended(reader.leaving)
    return result


def _enter(reader: StreamReader, method: Method, manager: Any) -> Any:
    with Inside(reader):
        entered = method(manager)
    return _entered(reader, entered)


async def _aenter(reader: StreamReader, method: Method, manager: Any) -> Any:
    with Inside(reader):
        entered = await method(manager)
    return _entered(reader, entered)


def _entered(reader: StreamReader, entered: Any) -> Any:
    if wraps_body(entered):
        return observe_body(entered, reader)
    if is_stream(type(entered)):  # pyright: ignore[reportUnknownArgumentType] -- any class
        return observe_stream(entered, reader)
    reader.answered(entered)
    return entered


def _read(reader: StreamReader, method: Method, response: Any, *args: Any, **kwargs: Any) -> Any:
    return within(reader, partial(_was_read, reader, response), method, response, *args, **kwargs)


def _was_read(reader: StreamReader, response: object, body: object) -> Any:
    if is_stream(type(body)):
        return observe_stream(body, reader)
    reader.answered(response)
    return body


_CHUNK_BY_CHUNK = {"next": _stepping_async, "dispatch": _telling(_take), "fail": _telling(_fail)}
_CLOSING = {
    "__exit__": _telling(_exit),
    "__aexit__": _telling(_exit),
    "close": _telling(_close),
    "aclose": _telling(_close),
}
_STREAM_METHODS = Methods(
    {
        **_CLOSING,
        "__iter__": _telling(_iterate),
        "__next__": _stepping,
        "__aiter__": _telling(_iterate),
        "__anext__": _stepping_async,
        "__await__": _telling(_await),
    }
)
_GENERATOR_METHODS = Methods(
    {
        **_STREAM_METHODS.replaced,
        "send": _stepping,
        "throw": _stepping,
        "asend": _stepping_async,
        "athrow": _stepping_async,
    }
)
_MANAGER_METHODS = Methods(
    {
        "__enter__": _telling(_enter),
        "__aenter__": _telling(_aenter),
        "__exit__": _telling(_exit),
        "__aexit__": _telling(_exit),
    }
)
_BODY_METHODS = Methods(
    {
        "parse": _telling(_read),
        "json": _telling(_read),
        "text": _telling(_read),
        "read": _telling(_read),
        "stream_to_file": _telling(_read),
        "close": _telling(_close),
        "__exit__": _telling(_exit),
        "__aexit__": _telling(_exit),
    }
)
