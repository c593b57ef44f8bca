"""Generators and async generators: driven step by step, so that the run is current only inside a step."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Generator
from time import perf_counter_ns as clock
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from ldtrack._context import current
from ldtrack._moment import Moment
from ldtrack._reader import StreamReader
from ldtrack._run import Run
from ldtrack._start import begin, filled

if TYPE_CHECKING:
    from ldtrack._arguments import Args, Kwargs
    from ldtrack._plan import Plan

AnyGenerator: TypeAlias = Generator[Any, Any, Any]
AnyAsyncGenerator: TypeAlias = AsyncGenerator[Any, Any]


class Reader(Protocol):
    """What a driver tells of the stream."""

    first_ns: int | None
    last_ns: int | None
    shows_all: bool

    @property
    def run(self) -> Run | None: ...
    def feed_for(self, chunk: Any, /) -> tuple[Callable[[Any], bool], type | None]: ...
    def feed_failed(self, exc: Exception, chunk: Any, /) -> None: ...
    def ended(self, exc: BaseException | None, /) -> None: ...


class Opening(Protocol):
    """Gives the generator to drive, at the first step."""

    def __call__(self) -> tuple[Any, Reader]: ...


class Unread:
    """Follows a generator that is not tracked: a fallback, or one whose config could not be evaluated."""

    def __init__(self, run: Run | None) -> None:
        self.run: Run | None = run
        self.first_ns: int | None = None
        self.last_ns: int | None = None
        self.shows_all = True

    def feed_for(self, chunk: object, /) -> tuple[Callable[[Any], bool], type | None]:
        """Read nothing."""
        return _is_nothing, type(chunk)

    def feed_failed(self, exc: Exception, chunk: Any, /) -> None:
        """Nothing is fed."""

    def ended(self, exc: BaseException | None, /) -> None:
        """Note nothing."""


def _is_nothing(_chunk: Any) -> bool:
    return False


class FunctionOpening:
    """Opens a decorated generator function: nothing is evaluated, and none of its code runs, before the first step."""

    __slots__ = ("_args", "_function", "_kwargs", "_moment", "_plan")

    def __init__(self, plan: Plan, function: Callable[..., Any], args: Args, kwargs: Kwargs) -> None:
        self._plan = plan
        self._function = function
        self._args = args
        self._kwargs = kwargs
        self._moment = Moment()
        _check_call(plan, function, args, kwargs)

    def __call__(self) -> tuple[Any, Reader]:
        run = begin(self._plan, self._function, self._args, self._kwargs, self._moment)
        if not isinstance(run, Run):
            return self._made(run, self._moment.run), Unread(self._moment.run)
        source = self._made(filled(self._plan, self._function), run)
        reader = StreamReader(run)
        reader.shows_all = False
        reader.begin()
        run.start_clock()
        return source, reader

    def _made(self, function: Callable[..., Any], run: Run | None) -> Any:
        """The generator, made inside the run, which a function that is tracked twice then joins."""
        token = current.set(run)
        try:
            return function(*self._args, **self._kwargs)
        finally:
            current.reset(token)


class ReturnedOpening:
    """Opens a generator that a function returned; the time until its first step does not count."""

    __slots__ = ("_reader", "_source")

    def __init__(self, source: Any, reader: StreamReader) -> None:
        self._source = source
        self._reader = reader
        reader.wait()

    def __call__(self) -> tuple[Any, Reader]:
        self._reader.begin()
        return self._source, self._reader


def _check_call(plan: Plan, function: Callable[..., Any], args: Args, kwargs: Kwargs) -> None:
    """Let wrong arguments fail at the call, as they do undecorated: making a generator runs none of its code."""
    if plan.injected:
        own_args, own_kwargs, passed = plan.arguments.take_out(args, kwargs)
        nothing = {parameter.name: None for parameter in plan.injected}
        args, kwargs = plan.arguments.put_in(own_args, own_kwargs, {**nothing, **passed})
    function(*args, **kwargs)


# The two drivers differ in what awaits. What they do per chunk stands in them, not in functions of its own: a call
# costs as much as all of it.


def drive(opening: Opening) -> AnyGenerator:  # noqa: C901 -- flat, see above
    """Step a generator through its whole protocol, and tell its reader what passes."""
    source, reader = opening()
    del opening  # it holds the call's arguments
    run, send, throw = reader.run, source.send, source.throw
    enter, leave, time = current.set, current.reset, clock
    kind: type | None = None
    feed: Callable[[Any], bool] = _is_nothing
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        token = enter(run)
        try:
            item: object = send(sent) if thrown is None else throw(thrown)
        except StopIteration as stop:
            reader.ended(_closing(thrown))
            return stop.value
        except BaseException as exc:
            reader.ended(exc)
            raise
        finally:
            leave(token)
            thrown = None  # else the exception and this frame would keep each other alive
        reader.last_ns = now = time()
        try:
            if type(item) is not kind:
                feed, kind = reader.feed_for(item)
            if feed(item):
                if reader.first_ns is None:
                    reader.first_ns = now
            else:
                reader.shows_all = True
        except Exception as exc:  # noqa: BLE001 -- C7: a failing extractor costs the tokens only
            reader.feed_failed(exc, item)
        # Thrown in above, outside of the `except`, or what the body raises next would get a foreign context.
        try:
            sent = yield item
        except BaseException as exc:  # noqa: BLE001 -- it goes on into the body
            thrown = exc


async def drive_async(opening: Opening) -> AnyAsyncGenerator:  # noqa: C901, PLR0915 -- flat, see above
    """Step an async generator through its whole protocol, as `drive` does."""
    source, reader = opening()
    del opening  # it holds the call's arguments
    run, send, throw = reader.run, source.asend, source.athrow
    enter, leave, time = current.set, current.reset, clock
    kind: type | None = None
    feed: Callable[[Any], bool] = _is_nothing
    step = _unannounced(source)
    thrown: BaseException | None = None
    while True:
        token = enter(run)
        try:
            item: object = await step
        except StopAsyncIteration:
            reader.ended(_closing(thrown))
            return
        except BaseException as exc:
            reader.ended(exc)
            raise
        finally:
            try:
                leave(token)
            except ValueError:  # the step was closed from another context than it began in
                pass
            step = thrown = None  # a step holds what it throws
        reader.last_ns = now = time()
        try:
            if type(item) is not kind:
                feed, kind = reader.feed_for(item)
            if feed(item):
                if reader.first_ns is None:
                    reader.first_ns = now
            else:
                reader.shows_all = True
        except Exception as exc:  # noqa: BLE001 -- as above
            reader.feed_failed(exc, item)
        try:
            step = send((yield item))
        except BaseException as exc:  # noqa: BLE001 -- it goes on into the body
            thrown = exc
        if thrown is not None:
            step = throw(thrown)


def _closing(thrown: BaseException | None) -> BaseException | None:
    """A generator that returns when it is closed was closed, not drained."""
    return thrown if isinstance(thrown, GeneratorExit) else None


def _unannounced(source: AnyAsyncGenerator) -> Any:
    """The first step of an async generator, without telling the event loop.

    The loop knows the driver, and would close both at the same time when it shuts down.
    """
    hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(None, None)
    try:
        return source.asend(None)
    finally:
        sys.set_asyncgen_hooks(*hooks)
