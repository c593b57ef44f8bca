"""What a returned object is, and how to see its end: decided once per type."""

from __future__ import annotations

import inspect
import types
from collections.abc import AsyncIterator, Callable
from functools import partial
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from ldai.providers.types import ManagedResult

from ldtrack._awaitables import follow_awaitable, follow_coroutine, follow_future, follow_generator_coroutine
from ldtrack._ending import Ending
from ldtrack._faults import fault
from ldtrack._generators import ReturnedOpening, drive, drive_async
from ldtrack._reader import StreamReader
from ldtrack._reading import read_response
from ldtrack._registry import built_in_of, find_manager, when_responses_change
from ldtrack._stream_types import is_context, is_of_sdk, is_stream, lives_on, sends_events, stream_place, wraps_body
from ldtrack._streams import observe_body, observe_manager, observe_stream

if TYPE_CHECKING:
    from ldtrack._metrics import Extractor
    from ldtrack._run import Run

Handler: TypeAlias = "Callable[[Run, Any], Any]"

# LaunchDarkly's own results, which its SDKs have tracked already.
_TRACKED_ALREADY = ("ManagedResult", "ManagedGraphResult")
_MOST_TYPES = 4096

_extractors: dict[type[Any], Extractor] = {}
"""Built-in ones, for the types of which each object is a whole response: the way that most calls take."""
_handlers: dict[type[Any], Handler] = {}
_passing_handlers: WeakKeyDictionary[type[Any], Handler] = WeakKeyDictionary()


def follow(run: Run, value: object) -> Any:
    """Track what a function returned, now or until it ends, and give it back: itself, or what stands for it."""
    ended_ns = clock()
    try:
        extractor = _extractors.get(type(value))
        if extractor is not None and run.plan.extractor is None:
            try:
                reading = extractor(value)
            except Exception:  # noqa: BLE001 -- `_read` tries again, and reports it
                reading = None
            if reading is not None and reading.tokens is not None:
                run.returned(reading, ended_ns)
                return value
        handler = _handlers.get(type(value)) or _learn(value)
        return handler(run, value)
    except Exception as exc:  # noqa: BLE001 -- D3: the value goes to the caller, whatever we make of it
        run.end(Ending(ended_ns=clock()))
        fault("result", run.plan.site, exc)
        return value


def follow_stream(reader: StreamReader, value: object) -> Any:
    """Track a stream with a reader of one's own.

    Raises:
        TypeError: The value is no stream.
    """
    if isinstance(value, types.CoroutineType):
        msg = "s.wrap() takes a stream, not a coroutine: await it first, as in s.wrap(await client...create(...))"
        raise TypeError(msg)
    if not is_stream(type(value)):
        msg = f"s.wrap() takes a stream (an iterator, or an async one), not {type(value).__name__}"
        raise TypeError(msg)
    if isinstance(value, types.GeneratorType):
        return _named(drive(ReturnedOpening(value, reader)), value)
    if isinstance(value, types.AsyncGeneratorType):
        return _named(drive_async(ReturnedOpening(value, reader)), value)
    if find_manager(type(value)) is not None:
        return observe_manager(value, reader)
    return observe_stream(value, reader)


def _learn(value: object) -> Handler:
    kind = type(value)
    # A registration made from here on starts other dicts, and this answer is lost.
    extractors, handlers = _extractors, _handlers if lives_on(kind) else _passing_handlers
    handler = handlers.get(kind)
    if handler is None:
        if len(handlers) >= _MOST_TYPES:  # an app that makes types as it goes must not fill the memory
            handlers.clear()
            extractors.clear()
        handler = handlers[kind] = _handler_for(value)
        built_in = built_in_of(kind) if handler is _read and handlers is _handlers else None
        if built_in is not None:
            extractors[kind] = built_in
    return handler


def _forget() -> None:
    global _extractors, _handlers, _passing_handlers
    _extractors, _handlers, _passing_handlers = {}, {}, WeakKeyDictionary()


when_responses_change(_forget)


def _handler_for(value: object) -> Handler:
    return next((handler for is_such, handler in _HANDLERS if is_such(value)), _read)


def _is_mock(value: object) -> bool:
    """A mock has every protocol, and stands for a plain result."""
    return any(cls.__module__ == "unittest.mock" for cls in type(value).__mro__)


def _is_tracked_already(value: object) -> bool:
    return issubclass(type(value), ManagedResult) or any(
        cls.__module__.partition(".")[0].startswith(("ldai", "launchdarkly_ai")) and cls.__name__ in _TRACKED_ALREADY
        for cls in type(value).__mro__
    )


def _discard(run: Run, value: Any) -> Any:
    run.discard()
    return value


def _follow_stream(run: Run, value: Any) -> Any:
    return follow_stream(StreamReader(run), value)


def _follow_generator(run: Run, value: Any) -> Any:
    if value.gi_code.co_flags & inspect.CO_ITERABLE_COROUTINE:
        return follow_generator_coroutine(follow, run, value)
    return _follow_stream(run, value)


def _follow_carrier(run: Run, value: Any) -> Any:
    """A response that carries a stream as its body, if that is what it carries."""
    stream = _stream_in(value.body_iterator)
    if stream is None:
        _end_with(run, value)
    else:
        value.body_iterator = _follow_stream(run, stream)
    return value


def _follow_context(run: Run, value: Any) -> Any:
    """A context that manages an SDK's stream, or whatever else."""
    return observe_manager(value, StreamReader(run)) if is_of_sdk(value) else _read(run, value)


def _follow_dict(run: Run, value: dict[str, Any]) -> Any:
    """A dict, which may carry a stream, as Bedrock's responses do; it stays the very dict."""
    place = stream_place(value)
    if place is None:
        return _read(run, value)
    value[place] = _follow_stream(run, value[place])
    return value


def _stream_in(body: object) -> Any:
    iterable: Any = body
    if is_stream(type(body)):
        return body
    if hasattr(type(body), "__aiter__"):
        return iterated_async(iterable)
    return iter(iterable) if hasattr(type(body), "__iter__") else None


def _follow_wrapper(run: Run, value: Any) -> Any:
    """An HTTP response: read already, or with a body that is the caller's to read, as a stream's always is."""
    response = value.http_response
    if getattr(response, "is_stream_consumed", True) and not sends_events(response):
        _end_with(run, value)
        return value
    reader = StreamReader(run)
    reader.begin()  # whoever never asks for the body still made the call
    reader.last_ns = clock()
    return observe_body(value, reader)


async def iterated_async(iterable: Any) -> AsyncIterator[Any]:
    """Iterate what is not an iterator itself."""
    async for item in iterable:
        yield item


def _read(run: Run, value: Any) -> Any:
    if "body_iterator" in getattr(value, "__dict__", ()):  # only some objects of the class have one
        return _follow_carrier(run, value)
    _end_with(run, value)
    return value


def _end_with(run: Run, value: object) -> None:
    ended_ns = clock()
    reading, unread = read_response(run.plan, value)
    run.end(Ending(None, reading, None, ended_ns, unread))


def _named(driver: Any, source: Any) -> Any:
    driver.__name__, driver.__qualname__ = source.__name__, source.__qualname__
    return driver


def _is_a(kind: type) -> Callable[[object], bool]:
    return lambda value: issubclass(type(value), kind)


def _has(name: str) -> Callable[[object], bool]:
    return lambda value: hasattr(type(value), name)


_HANDLERS: tuple[tuple[Callable[[object], bool], Handler], ...] = (
    (_is_tracked_already, _discard),
    (_is_mock, _read),
    (_is_a(types.CoroutineType), partial(follow_coroutine, follow)),
    (_is_a(types.GeneratorType), _follow_generator),
    (lambda value: is_stream(type(value)), _follow_stream),
    (_has("body_iterator"), _follow_carrier),
    (is_context, _follow_context),
    (_is_a(dict), _follow_dict),
    (wraps_body, _follow_wrapper),
    (_has("add_done_callback"), partial(follow_future, follow)),
    (_has("__await__"), partial(follow_awaitable, follow)),
)
"""What is done with values of a type: the first that fits. Only types count: an object may claim any class."""
