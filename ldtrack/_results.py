"""What a returned object is, and how to see its end: decided once per type."""

from __future__ import annotations

import types
from collections.abc import AsyncIterator, Callable
from functools import partial
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from ldai.providers.types import ManagedResult

from ldtrack._awaitables import follow_awaitable, follow_coroutine, follow_future
from ldtrack._checked import checked
from ldtrack._ending import Ending
from ldtrack._faults import fault
from ldtrack._generators import ReturnedOpening, drive, drive_async
from ldtrack._names import name_of
from ldtrack._reader import StreamReader
from ldtrack._registry import built_in_of, find, find_manager, when_responses_change
from ldtrack._stream_types import is_stream, lives_on
from ldtrack._streams import observe_manager, observe_stream

if TYPE_CHECKING:
    from ldai.providers.types import LDAIMetrics

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
            if reading is not None:
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


def _handler_for(value: object) -> Handler:  # noqa: PLR0911 -- a table, top to bottom
    kind = type(value)
    if isinstance(value, ManagedResult) or _is_tracked_already(kind):
        return _discard
    if any(cls.__module__ == "unittest.mock" for cls in kind.__mro__):
        return _read  # a mock has every protocol, and stands for a plain result
    if isinstance(value, types.CoroutineType):
        return partial(follow_coroutine, follow)
    if is_stream(kind):
        return _follow_stream
    if hasattr(value, "body_iterator"):
        return _follow_body
    if hasattr(kind, "add_done_callback"):
        return partial(follow_future, follow)
    if hasattr(kind, "__await__"):
        return partial(follow_awaitable, follow)
    return _read


def _is_tracked_already(kind: type) -> bool:
    return any(
        cls.__module__.partition(".")[0].startswith(("ldai", "launchdarkly_ai")) and cls.__name__ in _TRACKED_ALREADY
        for cls in kind.__mro__
    )


def _discard(run: Run, value: Any) -> Any:
    run.discard()
    return value


def _follow_stream(run: Run, value: Any) -> Any:
    return follow_stream(StreamReader(run), value)


def _follow_body(run: Run, value: Any) -> Any:
    body: object = value.body_iterator
    value.body_iterator = _follow_stream(run, body if is_stream(type(body)) else _iterator_of(body))
    return value


def _iterator_of(iterable: Any) -> Any:
    return iterated_async(iterable) if hasattr(iterable, "__aiter__") else iter(iterable)


async def iterated_async(iterable: Any) -> AsyncIterator[Any]:
    """Iterate what is not an iterator itself."""
    async for item in iterable:
        yield item


def _read(run: Run, value: Any) -> Any:
    if "body_iterator" in getattr(value, "__dict__", ()):  # only some objects of the class have one
        return _follow_body(run, value)
    ended_ns = clock()
    reading, unread = _reading(run, value)
    run.end(Ending(None, reading, None, ended_ns, unread))
    return value


def _reading(run: Run, value: object) -> tuple[LDAIMetrics | None, type | None]:
    extractor = run.plan.extractor
    if extractor is None:
        found = find(value)
        if found is None or found.extractor is None:
            return None, type(value)
        extractor = found.extractor
    try:
        return checked(extractor(value), extractor), None
    except Exception as exc:  # noqa: BLE001 -- C7: a failing extractor costs the tokens only
        fault("extractor", name_of(extractor), exc)
        return None, None


def _named(driver: Any, source: Any) -> Any:
    driver.__name__, driver.__qualname__ = source.__name__, source.__qualname__
    return driver
