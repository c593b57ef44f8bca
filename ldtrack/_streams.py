"""Stream objects of the provider SDKs, and stream managers: observed in place, with their class and protocols.

The object gets a subclass of its own class whose stepping and closing methods tell a reader. So whatever
drains it by itself (`until_done()`, `get_final_message()`, `text_stream`) is seen too. Where Python forbids
that (iterators written in C, slots), a stand-in with the same protocols delegates to it.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any, TypeAlias

from ldtrack._context import current, leave
from ldtrack._outcome import is_interruption
from ldtrack._stand_in import READER, stand_in
from ldtrack._stream_types import lives_on

if TYPE_CHECKING:
    from ldtrack._reader import StreamReader

Method: TypeAlias = "Callable[..., Any]"
Methods: TypeAlias = "dict[str, Callable[[Method], Method]]"


_observed: dict[type, type] = {}
_managed: dict[type, type] = {}


def observe_stream(stream: Any, reader: StreamReader) -> Any:
    """Let a reader follow a stream object; gives the object, or what stands for it."""
    return _observe(stream, reader, _observed, _STREAM_METHODS)


def observe_manager(manager: Any, reader: StreamReader) -> Any:
    """Let a reader follow the stream that a manager gives when it is entered; the clock starts then."""
    return _observe(manager, _Entry(reader), _managed, _MANAGER_METHODS)


class _Entry:
    """A reader that waits for its manager to be entered."""

    def __init__(self, reader: StreamReader) -> None:
        self.reader = reader
        self._made_ns = clock()

    def start(self) -> None:
        self.reader.begin()
        self.reader.run.resume_clock(self._made_ns)


def _observe(target: object, reader: Any, classes: dict[type, type], methods: Methods) -> Any:
    kind = type(target)
    try:
        attributes = target.__dict__
        if READER not in attributes:
            target.__class__ = classes.get(kind) or _subclass(kind, classes, methods)
            attributes[READER] = reader
            return target
    except Exception:  # noqa: BLE001, S110 -- no attributes, or a class that does not want to be derived from
        pass
    return stand_in(target, reader, methods)


def _subclass(kind: type, classes: dict[type, type], methods: Methods) -> type:
    namespace: dict[str, Any] = {
        "__slots__": (),
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__class__": property(lambda _self: kind),
    }
    for name in _defined(kind, methods):
        namespace[name] = methods[name](getattr(kind, name))
    observed: type[Any] = type(kind)(kind.__name__, (kind,), namespace)
    if lives_on(kind):
        classes[kind] = observed
    return observed


def _defined(kind: type, names: Iterable[str]) -> list[str]:
    return [name for name in names if inspect.getattr_static(kind, name, None) is not None]


# The methods that tell a reader, each made of the class's own.


def _next(original: Method) -> Method:
    def __next__(self: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        reader = _reader(self)
        return original(self) if reader.stepping else _step(reader, original, self)

    return __next__


def _anext(original: Method) -> Method:
    def __anext__(self: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        reader = _reader(self)
        return original(self) if reader.stepping else _step_async(reader, original, self)

    return __anext__


def _iter(original: Method) -> Method:
    def __iter__(self: Any) -> Iterator[Any]:  # noqa: N807 -- becomes the method of that name
        iterator: Iterator[Any] = original(self)
        reader = _reader(self)
        return iterator if iterator is self or reader.stepping else _iterate(reader, iterator)

    return __iter__


def _aiter(original: Method) -> Method:
    def __aiter__(self: Any) -> AsyncIterator[Any]:  # noqa: N807 -- becomes the method of that name
        iterator: AsyncIterator[Any] = original(self)
        reader = _reader(self)
        return iterator if iterator is self or reader.stepping else _iterate_async(reader, iterator)

    return __aiter__


def _close(original: Method) -> Method:
    def close(self: Any, *args: Any, **kwargs: Any) -> Any:
        return _leave(_reader(self), None, original, self, *args, **kwargs)

    return close


def _exit(original: Method) -> Method:
    def __exit__(self: Any, *exc: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        return _leave(_reader(self), exc[1], original, self, *exc)

    return __exit__


def _enter(original: Method) -> Method:
    def __enter__(self: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        reader = _entered(self)
        token = current.set(reader.run)
        try:
            stream = original(self)
        except BaseException as exc:
            reader.ended(exc)
            raise
        finally:
            leave(current, token)
        return observe_stream(stream, reader)

    return __enter__


def _aenter(original: Method) -> Method:
    async def __aenter__(self: Any) -> Any:  # noqa: N807 -- becomes the method of that name
        reader = _entered(self)
        token = current.set(reader.run)
        try:
            stream = await original(self)
        except BaseException as exc:
            reader.ended(exc)
            raise
        finally:
            leave(current, token)
        return observe_stream(stream, reader)

    return __aenter__


_STREAM_METHODS: Methods = {
    "__iter__": _iter,
    "__next__": _next,
    "__aiter__": _aiter,
    "__anext__": _anext,
    "__exit__": _exit,
    "__aexit__": _exit,
    "close": _close,
    "aclose": _close,
}
_MANAGER_METHODS: Methods = {"__enter__": _enter, "__aenter__": _aenter, "__exit__": _exit, "__aexit__": _exit}


def _reader(target: Any) -> StreamReader:
    found: Any = object.__getattribute__(target, READER)
    return found.reader if isinstance(found, _Entry) else found


def _entered(manager: Any) -> StreamReader:
    object.__getattribute__(manager, READER).start()
    return _reader(manager)


def _leave(reader: StreamReader, exc: BaseException | None, method: Method, *args: Any, **kwargs: Any) -> Any:
    """Close a stream with its own method, and end it: closed by its consumer, or left by an interruption."""
    if reader.stepping:  # the SDK tidies up inside a step, whose end tells more
        return method(*args, **kwargs)
    reader.begin()
    ending = exc if exc is not None and is_interruption(exc) else GeneratorExit()
    try:
        result = method(*args, **kwargs)
    except BaseException as raised:
        reader.ended(raised)
        raise
    if inspect.isawaitable(result):
        return _left(reader, ending, result)
    reader.ended(ending)
    return result


async def _left(reader: StreamReader, ending: BaseException, closing: Any) -> Any:
    try:
        result = await closing
    except BaseException as raised:
        reader.ended(raised)
        raise
    reader.ended(ending)
    return result


def _step(reader: StreamReader, advance: Method, *args: Any) -> Any:
    reader.begin()
    reader.stepping = True
    token = current.set(reader.run)
    try:
        item = advance(*args)
    except StopIteration:
        reader.ended(None)
        raise
    except BaseException as exc:
        reader.ended(exc)
        raise
    finally:
        leave(current, token)
        reader.stepping = False
    reader.saw(item)
    return item


async def _step_async(reader: StreamReader, advance: Method, *args: Any) -> Any:
    reader.begin()
    reader.stepping = True
    token = current.set(reader.run)
    try:
        item = await advance(*args)
    except StopAsyncIteration:
        reader.ended(None)
        raise
    except BaseException as exc:
        reader.ended(exc)
        raise
    finally:
        leave(current, token)
        reader.stepping = False
    reader.saw(item)
    return item


def _iterate(reader: StreamReader, iterator: Iterator[Any]) -> Iterator[Any]:
    while True:
        try:
            item = _step(reader, next, iterator)
        except StopIteration:
            return
        yield item


async def _iterate_async(reader: StreamReader, iterator: AsyncIterator[Any]) -> AsyncIterator[Any]:
    try:
        while True:
            try:
                item = await _step_async(reader, type(iterator).__anext__, iterator)
            except StopAsyncIteration:
                return
            yield item
    finally:
        close: Any = getattr(iterator, "aclose", None)
        if close is not None:
            await close()
