"""What the contract tests share: a tiny provider of our own, and every shape in which it can be called."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage
from ldclient import Context
from typing_extensions import Self

from ldtrack import register_extractor, register_stream_extractor, tracked
from ldtrack._metrics import Reading

KEY = "chat"
USER = Context.create("user-1")
CONFIG: dict[str, Any] = {
    "_ldMeta": {"enabled": True, "variationKey": "v1", "version": 3},
    "model": {"name": "tiny-1"},
    "provider": {"name": "own"},
    "messages": [{"role": "system", "content": "Hello {{name}} {{question}}"}],
}
CONFIGS: dict[str, Any] = {
    KEY: CONFIG,
    "other": CONFIG,
    "agent": {"_ldMeta": CONFIG["_ldMeta"], "model": {"name": "tiny-1"}, "instructions": "Help {{name}}"},
    "off": {"_ldMeta": {"enabled": False}},
}

OUTCOME_EVENTS = ("$ld:ai:generation:success", "$ld:ai:generation:error")


@dataclass
class Reply:
    """A complete response of our own provider."""

    text: str = "hi"
    input: int = 3
    output: int = 5
    tools: tuple[str, ...] = ()
    state: str = "done"


@dataclass(eq=False)
class Chunk:
    """A piece of a streamed response; `usage` counts up, as Anthropic's does."""

    text: str = ""
    usage: tuple[int, int] | None = None
    last: bool = False
    failed: bool = False
    tool: str | None = None


def read_reply(reply: Reply) -> LDAIMetrics:
    """Read our own response."""
    tokens = TokenUsage(total=reply.input + reply.output, input=reply.input, output=reply.output)
    if reply.state == "queued":
        return Reading(success=False, outcome=None)
    return LDAIMetrics(success=reply.state == "done", tokens=tokens, tool_calls=list(reply.tools) or None)


@dataclass
class ChunkReader:
    """Folds our own chunks; knows a terminal marker."""

    complete: bool = False
    failed: bool = False
    usage: tuple[int, int] | None = None
    tools: list[str] = field(default_factory=list[str])

    def feed(self, chunk: Chunk) -> bool:
        """Take one chunk."""
        self.complete |= chunk.last
        self.failed |= chunk.failed
        self.usage = chunk.usage or self.usage
        self.tools += [chunk.tool] if chunk.tool else []
        return bool(chunk.text or chunk.tool)

    def result(self) -> LDAIMetrics:
        """What was read so far."""
        read, written = self.usage or (0, 0)
        tokens = TokenUsage(total=read + written, input=read, output=written) if self.usage else None
        return LDAIMetrics(success=not self.failed, tokens=tokens, tool_calls=self.tools or None)


def register_own_provider() -> None:
    """Make the registry know `Reply` and `Chunk`."""
    register_extractor(Reply)(read_reply)
    register_stream_extractor(Chunk, ChunkReader)


class Wait:
    """An item that waits for ever (async bodies only)."""


WAIT = Wait()


def role() -> Chunk:
    """A first chunk that carries no output."""
    return Chunk()


def hello() -> Chunk:
    """A chunk with output, and the counters so far."""
    return Chunk("hi", usage=(3, 1))


def last() -> Chunk:
    """The terminal chunk, with the final counters."""
    return Chunk(usage=(3, 5), last=True)


def whole() -> list[Any]:
    """A complete stream."""
    return [role(), hello(), Chunk(" there", usage=(3, 2)), last()]


def play(items: Sequence[Any]) -> Generator[Any, Any, str]:
    """Yield the items; raise those that are exceptions."""
    for item in items:
        if isinstance(item, BaseException):
            raise item
        yield item
    return "returned"


async def aplay(items: Sequence[Any]) -> AsyncIterator[Any]:
    """Same as `play`, but async, and `WAIT` waits for ever."""
    for item in items:
        if isinstance(item, BaseException):
            raise item
        if item is WAIT:
            await anyio.sleep_forever()
        yield item


class Stream:
    """A stream object as SDKs make them: iterator, context manager, attributes of its own."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = play(items)
        self.closed = False
        self.request_id = "req-1"

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Any:
        return next(self.items)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self.closed = True
        self.items.close()


class AsyncStream:
    """Same as `Stream`, but async; `close` is a coroutine function, as in OpenAI's and Anthropic's SDKs."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = aplay(items)
        self.closed = False
        self.request_id = "req-1"

    def __aiter__(self) -> AsyncStream:
        return self

    async def __anext__(self) -> Any:
        return await self.items.__anext__()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection."""
        self.closed = True
        await self.items.aclose()


class Handle:
    """A consumer's end of a stream, the same for sync and async ones. Holds the only reference."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.asynchronous = hasattr(stream, "__anext__")

    async def step(self) -> Any:
        """Take the next chunk."""
        return await self.stream.__anext__() if self.asynchronous else next(self.stream)

    async def take(self, count: int) -> list[Any]:
        """Take some chunks."""
        return [await self.step() for _ in range(count)]

    async def drain(self) -> list[Any]:
        """Take all that is left."""
        if self.asynchronous:
            return [chunk async for chunk in self.stream]
        return list(self.stream)

    async def close(self) -> None:
        """Close it in its own way."""
        if not self.asynchronous:
            self.stream.close()
        elif hasattr(self.stream, "aclose"):
            await self.stream.aclose()
        else:
            await self.stream.close()

    async def throw(self, exc: BaseException) -> Any:
        """Throw into a generator."""
        return await self.stream.athrow(exc) if self.asynchronous else self.stream.throw(exc)

    async def drop(self) -> None:
        """Let go of it, and let the event loop's finalisers run."""
        self.stream = None
        for _ in range(5):
            await anyio.sleep(0)


Build = Callable[[Sequence[Any], Callable[[Any], Any]], Callable[..., Any]]


def _generator(items: Sequence[Any], track: Callable[[Any], Any]) -> Callable[..., Any]:
    def answer() -> Iterator[Any]:
        return (yield from play(items))

    return track(answer)


def _async_generator(items: Sequence[Any], track: Callable[[Any], Any]) -> Callable[..., Any]:
    async def answer() -> AsyncIterator[Any]:
        for item in items:
            if isinstance(item, BaseException):
                raise item
            if item is WAIT:
                await anyio.sleep_forever()
            yield item

    return track(answer)


def _returning(make: Callable[[Sequence[Any]], Any], asynchronous: bool) -> Build:
    def build(items: Sequence[Any], track: Callable[[Any], Any]) -> Callable[..., Any]:
        def answer() -> Any:
            return make(items)

        async def aanswer() -> Any:
            return make(items)

        return track(aanswer if asynchronous else answer)

    return build


@dataclass(frozen=True)
class Shape:
    """One way in which Python hands out a stream."""

    name: str
    build: Build
    asynchronous: bool
    awaited: bool = False

    def function(self, items: Sequence[Any], **options: Any) -> Callable[..., Any]:
        """A tracked function of this shape that plays the items."""
        return self.build(items, tracked(options.pop("key", KEY), **options))

    async def open(self, items: Sequence[Any], **options: Any) -> Handle:
        """Call such a function."""
        called = self.function(items, **options)()
        return Handle(await called if self.awaited else called)

    def __str__(self) -> str:
        return self.name


STREAMS = (
    Shape("generator", _generator, False),
    Shape("async_generator", _async_generator, True),
    Shape("function_to_generator", _returning(play, False), False),
    Shape("function_to_async_generator", _returning(aplay, False), True),
    Shape("coroutine_to_generator", _returning(play, True), False, awaited=True),
    Shape("coroutine_to_async_generator", _returning(aplay, True), True, awaited=True),
    Shape("function_to_stream", _returning(Stream, False), False),
    Shape("function_to_async_stream", _returning(AsyncStream, False), True),
    Shape("coroutine_to_stream", _returning(Stream, True), False, awaited=True),
    Shape("coroutine_to_async_stream", _returning(AsyncStream, True), True, awaited=True),
)
GENERATORS = tuple(shape for shape in STREAMS if "generator" in shape.name)
GENERATOR_FUNCTIONS = STREAMS[:2]
OBJECTS = tuple(shape for shape in STREAMS if shape.name.endswith("_stream"))
ASYNC_STREAMS = tuple(shape for shape in STREAMS if shape.asynchronous)


async def behave(item: Any) -> Any:
    """Return the item, raise it, or wait for ever."""
    if item is WAIT:
        await anyio.sleep_forever()
    return present(item)


def present(item: Any) -> Any:
    """Return the item, or raise it."""
    if isinstance(item, BaseException):
        raise item
    return item


class Later:
    """An awaitable that is neither a coroutine nor a future."""

    def __init__(self, item: Any) -> None:
        self.item = item
        self.label = "later"

    def __await__(self) -> Generator[Any, None, Any]:
        return behave(self.item).__await__()


Call = Callable[..., Awaitable[Any]]


async def call_function(item: Any, **options: Any) -> Any:
    """Call a plain tracked function."""

    @tracked(KEY, **options)
    def answer() -> Any:
        return present(item)

    return answer()


async def call_coroutine_function(item: Any, **options: Any) -> Any:
    """Await a tracked coroutine function."""

    @tracked(KEY, **options)
    async def answer() -> Any:
        return await behave(item)

    return await answer()


async def call_to_coroutine(item: Any, **options: Any) -> Any:
    """Await the coroutine that a tracked function returns."""

    @tracked(KEY, **options)
    def answer() -> Any:
        return behave(item)

    return await answer()


async def call_to_awaitable(item: Any, **options: Any) -> Any:
    """Await the awaitable object that a tracked function returns."""

    @tracked(KEY, **options)
    def answer() -> Any:
        return Later(item)

    return await answer()


ASYNC_CALLS: tuple[Call, ...] = (call_coroutine_function, call_to_coroutine, call_to_awaitable)
CALLS: tuple[Call, ...] = (call_function, *ASYNC_CALLS)


def only_run(ld: Any) -> Any:
    """The one run that was recorded."""
    runs = ld.runs()
    assert 1 == len(runs), [(run.config_key, run.outcome, run.total_tokens) for run in runs]
    return runs[0]


def keys(run: Any) -> list[str]:
    """The keys of a run's events, in the order sent."""
    return [event["key"] if isinstance(event, dict) else event.key for event in run.events]


def outcome_count(run: Any) -> int:
    """How many outcome events a run has; one at most is allowed."""
    return sum(key in OUTCOME_EVENTS for key in keys(run))


class Trap:
    """Awaiting it suspends once; lets tests drive coroutines without an event loop."""

    def __await__(self) -> Generator[str, None, None]:
        yield "suspended"
