"""D1 to D7: guardrails around the config, and tracking that never breaks a call."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ldai import AICompletionConfig, AICompletionConfigDefault, LDAIClient, ModelConfig
from ldai.providers.types import LDAIMetrics
from ldai.tracker import LDAIConfigTracker, TokenUsage
from ldclient import Context
from support import CALLS, CONFIG, KEY, STREAMS, USER, Call, Reply, Shape, hello, keys, last, only_run, outcome_count, whole

from ldtrack import (
    ConfigDisabledError,
    configure,
    current_run,
    register_extractor,
    register_stream_extractor,
    tracked,
)

pytestmark = pytest.mark.anyio

calls = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
streams = pytest.mark.parametrize("shape", STREAMS, ids=str)
METRICS = ("$ld:ai:duration", "$ld:ai:generation", "$ld:ai:tokens", "$ld:ai:tool_call")


def never() -> Any:
    """A body that must not run."""
    raise AssertionError("the function ran")


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the `ldtrack` logger warned of."""
    return [r.getMessage() for r in caplog.records if r.name.startswith("ldtrack") and r.levelno >= logging.WARNING]


# --- D1


def disabled(fallback: bool) -> dict[str, Any]:
    """The four shapes over a disabled config."""
    sync_mark, async_mark = Reply("sync"), Reply("async")

    def sync_fallback(question: str) -> Reply:
        return sync_mark

    async def async_fallback(question: str) -> Reply:
        return async_mark

    def generator_fallback(question: str) -> Iterator[Any]:
        yield question
        yield sync_mark

    async def async_generator_fallback(question: str) -> AsyncIterator[Any]:
        yield question
        yield async_mark

    def option(function: Any) -> dict[str, Any]:
        return {"fallback": function} if fallback else {}

    @tracked("off", **option(sync_fallback))
    def sync(question: str) -> Reply:
        return never()  # type: ignore[no-any-return]

    @tracked("off", **option(async_fallback))
    async def coroutine(question: str) -> Reply:
        return never()  # type: ignore[no-any-return]

    @tracked("off", **option(generator_fallback))
    def generator(question: str) -> Iterator[Any]:
        yield never()

    @tracked("off", **option(async_generator_fallback))
    async def async_generator(question: str) -> AsyncIterator[Any]:
        yield never()

    return {"sync": sync, "async": coroutine, "generator": generator, "async_generator": async_generator}


async def test_d1_disabled_without_fallback_raises(ld: Any) -> None:
    """A disabled config raises before the function runs, generators at their first step; nothing is tracked."""
    shapes = disabled(fallback=False)
    generator, async_generator = shapes["generator"]("q"), shapes["async_generator"]("q")

    with pytest.raises(ConfigDisabledError):
        shapes["sync"]("q")
    with pytest.raises(ConfigDisabledError):
        await shapes["async"]("q")
    with pytest.raises(ConfigDisabledError):
        next(generator)
    with pytest.raises(ConfigDisabledError):
        await anext(async_generator)
    assert [] == ld.runs()


async def test_d1_disabled_with_fallback(ld: Any) -> None:
    """The fallback gets the same arguments and answers in the same shape; nothing is tracked."""
    shapes = disabled(fallback=True)

    assert shapes["sync"]("q") is shapes["sync"]("q")
    assert Reply("async") == await shapes["async"]("q")
    assert ["q", Reply("sync")] == list(shapes["generator"]("q"))
    assert ["q", Reply("async")] == [item async for item in shapes["async_generator"]("q")]
    assert [] == ld.runs()


async def test_d1_fallback_generator_keeps_the_protocol(ld: Any) -> None:
    """`send`, `throw`, `close` and the return value work on the fallback, too."""
    seen: list[str] = []

    def fallback() -> Any:
        try:
            got = yield "first"
            yield got
        except ValueError:
            yield "handled"
        finally:
            seen.append("closed")
        return "end"

    @tracked("off", fallback=fallback)
    def answer() -> Any:
        yield never()

    stream = answer()
    assert ["first", "sent", "handled"] == [next(stream), stream.send("sent"), stream.throw(ValueError())]
    with pytest.raises(StopIteration, match="end"):
        next(stream)
    assert ["closed"] == seen


async def test_d1_fallback_exceptions_reach_the_caller(ld: Any) -> None:
    """An exception of the fallback is the caller's, without ldtrack's own in its context."""

    def fallback() -> Reply:
        raise ValueError("of the fallback")

    @tracked("off", fallback=fallback)
    def answer() -> Reply:
        return never()  # type: ignore[no-any-return]

    with pytest.raises(ValueError, match="of the fallback") as caught:
        answer()
    assert caught.value.__context__ is None


def test_d1_texts_tell_the_reasons_apart(ld: Any) -> None:
    """Switched off, not found, and a client that is not initialised read differently, and name the key."""
    from ldclient import LDClient
    from ldclient.config import Config
    from ldclient.integrations.test_data import TestData

    class Stuck:
        """A data source that never becomes ready."""

        def __init__(self, *args: Any) -> None:
            self.alive = True

        def start(self) -> None:
            """Never initialise."""

        def stop(self) -> None:
            """Nothing to stop."""

        def is_alive(self) -> bool:
            return True

        def initialized(self) -> bool:
            return False

    assert TestData is not None
    texts = []
    for key in ("off", "missing"):
        with pytest.raises(ConfigDisabledError) as caught:
            tracked(key)(never)()
        texts.append(str(caught.value))
        assert key in texts[-1]
        assert key == caught.value.config_key
    stuck = LDClient(Config("sdk-key", update_processor_class=Stuck, send_events=False), start_wait=0)
    configure(client=stuck, context=USER)
    with pytest.raises(ConfigDisabledError) as caught:
        tracked(KEY)(never)()
    texts.append(str(caught.value))
    stuck.close()

    assert 3 == len(set(texts))
    assert "not found" in texts[1] or "does not exist" in texts[1]
    assert "initiali" in texts[2]


def test_d1_enabled_default_serves_a_missing_config(ld: Any) -> None:
    """An enabled `default=` is used where LaunchDarkly has none."""
    default = AICompletionConfigDefault(enabled=True, model=ModelConfig("default-model"))

    @tracked("missing", default=default)
    def answer(config: AICompletionConfig) -> str:
        assert config.model
        return config.model.name

    assert "default-model" == answer()  # type: ignore[call-arg]
    assert "success" == only_run(ld).outcome


# --- D2


@calls
async def test_d2_same_exception_no_context_no_hiding_frames(ld: Any, call: Call) -> None:
    """The exception has no added context or cause, and its last frame is the user's."""
    boom = ValueError("boom")
    with pytest.raises(ValueError) as caught:
        await call(boom)

    assert boom is caught.value
    assert (None, None, False) == (boom.__context__, boom.__cause__, boom.__suppress_context__)
    assert "support.py" in traceback.extract_tb(boom.__traceback__)[-1].filename


@streams
async def test_d2_same_exception_of_a_stream(ld: Any, shape: Shape) -> None:
    """Also for streams, at a step in the middle."""
    boom = ValueError("boom")
    handle = await shape.open([hello(), boom])
    with pytest.raises(ValueError) as caught:
        await handle.drain()

    assert boom is caught.value
    assert (None, None) == (boom.__context__, boom.__cause__)
    assert "support.py" in traceback.extract_tb(boom.__traceback__)[-1].filename


async def test_d2_existing_context_is_kept(ld: Any) -> None:
    """The user's own chain of exceptions is untouched."""

    @tracked(KEY)
    def answer() -> Reply:
        try:
            raise KeyError("first")
        except KeyError as exc:
            raise ValueError("second") from exc

    with pytest.raises(ValueError) as caught:
        answer()
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__context__ is caught.value.__cause__
    assert caught.value.__cause__.__context__ is None


async def test_d2_context_of_a_call_inside_except(ld: Any) -> None:
    """Called while another exception is handled, the context is that one, as undecorated."""

    @tracked(KEY)
    def answer() -> Reply:
        raise ValueError("inner")

    first = KeyError("outer")
    try:
        raise first
    except KeyError:
        with pytest.raises(ValueError) as caught:
            answer()
    assert first is caught.value.__context__


async def test_d2_broken_tracking_adds_no_context(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the SDK while recording an exception does not show in that exception."""
    break_metrics(ld, monkeypatch)
    for call in CALLS:
        with pytest.raises(ValueError) as caught:
            await call(ValueError("boom"))
        assert (None, None) == (caught.value.__context__, caught.value.__cause__)


async def test_d2_arguments_arrive_as_they_are(ld: Any) -> None:
    """Positional, keyword, variadic and mutable arguments are the caller's own objects."""
    basket: list[int] = []

    @tracked(KEY)
    def answer(a: Any, /, b: Any, *rest: Any, c: Any = 1, **more: Any) -> Any:
        b.append(1)
        return a, b, rest, c, more

    result = answer(basket, basket, basket, c=2, self=3, config_key=4, args=5, kwargs=6, func=7)
    assert (basket, basket, (basket,), 2) == result[:4]
    assert result[1] is basket
    assert {"self": 3, "config_key": 4, "args": 5, "kwargs": 6, "func": 7} == result[4]


# --- D3


def break_metrics(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An SDK whose `track` raises for every metric."""
    real = ld.client.track

    def track(key: str, *args: Any) -> None:
        if key.startswith(METRICS):
            raise RuntimeError("track is broken")
        real(key, *args)

    monkeypatch.setattr(ld.client, "track", track)


@calls
async def test_d3_track_that_raises(
    ld: Any, call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An SDK whose `track` raises costs the metrics only, and is warned about."""
    break_metrics(ld, monkeypatch)
    reply = Reply()

    assert reply is await call(reply)
    assert warnings_of(caplog)


@streams
async def test_d3_track_that_raises_under_streams(ld: Any, shape: Shape, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams go on unharmed, however they end."""
    break_metrics(ld, monkeypatch)
    items = whole()

    assert items == await (await shape.open(items)).drain()
    handle = await shape.open(whole())
    await handle.take(2)
    await handle.close()
    await handle.drop()


@calls
async def test_d3_track_that_always_raises(ld: Any, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """When even the evaluation cannot report itself, a function that takes nothing from ldtrack runs untracked."""

    def track(*args: Any) -> None:
        raise RuntimeError("track is broken")

    monkeypatch.setattr(ld.client, "track", track)
    reply = Reply()
    assert reply is await call(reply)


class Unfriendly(Exception):
    """An exception that cannot even be shown."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def raising(response: Any) -> Any:
    """An extractor that raises."""
    raise Unfriendly


RUBBISH: list[Any] = [
    raising,
    lambda response: "text",
    lambda response: 42,
    lambda response: {"success": True},
    lambda response: TokenUsage(1, 1, 1),
    lambda response: LDAIMetrics(success=True, tokens="many"),  # type: ignore[arg-type]
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=-3, input=-1, output=-2)),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=1.5, input=1, output=1)),  # type: ignore[arg-type]
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=True, input=True, output=True)),
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=float("nan"), input=1, output=1)),  # type: ignore[arg-type]
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total=float("inf"), input=1, output=1)),  # type: ignore[arg-type]
    lambda response: LDAIMetrics(success=True, tokens=TokenUsage(total="3", input="1", output="2")),  # type: ignore[arg-type]
]
NAMES = ["raises", "text", "int", "dict", "usage", "tokens-text", "negative", "fraction", "bool", "nan", "inf", "str"]


@pytest.mark.parametrize("extractor", RUBBISH, ids=NAMES)
def test_c7_rubbish_costs_the_tokens_only(ld: Any, extractor: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Duration and success are still recorded; one warning names the extractor; the call returns its object."""
    reply = Reply()

    @tracked(KEY, extractor=extractor)
    def answer() -> Reply:
        return reply

    assert reply is answer()
    assert reply is answer()
    for run in ld.runs():
        assert ("success", None) == (run.outcome, run.total_tokens)
        assert run.duration_ms is not None
    assert 2 == len(ld.runs())
    (warning,) = warnings_of(caplog)
    assert extractor.__qualname__.rpartition(".")[2] in warning


@pytest.mark.parametrize("extractor", RUBBISH, ids=NAMES)
@streams
async def test_c7_rubbish_from_stream_extractors(ld: Any, extractor: Any, shape: Shape) -> None:
    """A stream extractor whose result is rubbish costs the tokens only."""

    class Reader:
        def feed(self, chunk: Any) -> bool:
            return True

        def result(self) -> Any:
            return extractor(None)

    handle = await shape.open([hello(), last()], extractor=Reader)
    assert 2 == len(await handle.drain())
    run = only_run(ld)
    assert ("success", None) == (run.outcome, run.total_tokens)
    assert run.duration_ms is not None


class FeedRaises:
    """A stream extractor that raises at every chunk."""

    def feed(self, chunk: Any) -> bool:
        raise Unfriendly

    def result(self) -> Any:
        return None


class FeedLies:
    """A stream extractor that returns nonsense from `feed`."""

    def feed(self, chunk: Any) -> Any:
        return "yes"

    def result(self) -> Any:
        return None


class CannotBeMade:
    """A stream extractor that cannot be made."""

    def __init__(self) -> None:
        raise Unfriendly

    def feed(self, chunk: Any) -> bool:
        return True

    def result(self) -> Any:
        return None


class CompleteRaises(FeedLies):
    """A stream extractor whose marker cannot be read."""

    @property
    def complete(self) -> bool:
        raise Unfriendly


@streams
@pytest.mark.parametrize("reader", [FeedRaises, FeedLies, CannotBeMade, CompleteRaises])
async def test_d3_broken_stream_extractors_do_not_break_the_stream(ld: Any, shape: Shape, reader: Any) -> None:
    """A stream extractor that raises anywhere leaves the chunks alone; success and duration remain."""
    items = whole()
    handle = await shape.open(items, extractor=reader)

    assert items == await handle.drain()
    run = only_run(ld)
    assert ("success", 1) == (run.outcome, outcome_count(run))
    assert run.duration_ms is not None


@streams
async def test_d3_broken_registered_stream_extractor(ld: Any, shape: Shape) -> None:
    """The same for one that the registry found."""
    from support import Chunk

    register_stream_extractor(Chunk, FeedRaises)
    items = whole()
    assert items == await (await shape.open(items)).drain()
    assert "success" == only_run(ld).outcome


def test_d3_broken_predicate_in_the_registry(ld: Any) -> None:
    """A predicate that raises does not break the calls of others."""

    @register_extractor(lambda response: 1 / 0)
    def never_found(response: Any) -> LDAIMetrics | None:
        return None

    @tracked(KEY)
    def answer() -> Any:
        return {"some": "dict"}

    assert {"some": "dict"} == answer()
    assert "success" == only_run(ld).outcome


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_d3_an_interrupt_inside_an_extractor_is_not_swallowed(ld: Any, interrupt: type[BaseException]) -> None:
    """Ctrl-C while an extractor runs is the user's, not a fault of tracking."""

    def extractor(response: Any) -> LDAIMetrics:
        raise interrupt

    @tracked(KEY, extractor=extractor)
    def answer() -> Reply:
        return Reply()

    with pytest.raises(interrupt):
        answer()
    assert all(outcome_count(run) <= 1 for run in ld.runs())


def test_d3_warning_once_per_site_and_kind(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The second fault of a kind at a site is logged at debug level."""
    caplog.set_level(logging.DEBUG, "ldtrack")

    @tracked(KEY, extractor=raising)
    def answer() -> Reply:
        return Reply()

    for _ in range(3):
        answer()
    levels = [record.levelno for record in caplog.records if record.name.startswith("ldtrack")]
    assert 1 == levels.count(logging.WARNING)
    assert 2 <= levels.count(logging.DEBUG)


def test_d3_strict_raises_instead(ld: Any) -> None:
    """`configure(strict=True)` raises tracking faults, but never over an exception of the user's."""
    configure(client=ld.client, context=USER, strict=True)

    @tracked(KEY, extractor=raising)
    def answer(fail: bool) -> Reply:
        if fail:
            raise KeyError("the user's")
        return Reply()

    with pytest.raises(Unfriendly):
        answer(False)
    with pytest.raises(KeyError, match="the user's"):
        answer(True)


def test_d3_strict_never_raises_from_a_finaliser(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Garbage collection of a stream stays silent, also when strict."""
    configure(client=ld.client, context=USER, strict=True)
    break_metrics(ld, monkeypatch)
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", unraisable.append)
    from support import Stream

    @tracked(KEY)
    def generator() -> Iterator[Any]:
        yield hello()

    @tracked(KEY)
    def stream() -> Stream:
        return Stream(whole())

    for make in (generator, stream):
        opened: Any = make()
        next(opened)
        del opened
    assert [] == unraisable


MALFORMED: list[Any] = [
    {**CONFIG, "model": {}},
    {**CONFIG, "model": {"parameters": {}}},
    {**CONFIG, "messages": [{"content": "no role"}]},
    {**CONFIG, "messages": [{"role": "user"}]},
    {**CONFIG, "_ldMeta": {"enabled": True, "version": "three"}},
    {**CONFIG, "_ldMeta": "on"},
    {**CONFIG, "messages": [{"role": "user", "content": "{{#unclosed}}"}]},
    [1, 2],
    "text",
    7,
]


@pytest.fixture
def malformed(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A LaunchDarkly client that serves a malformed variation under the usual key."""
    from ldclient import LDClient
    from ldclient.config import Config
    from ldclient.integrations.test_data import TestData
    from support import register_own_provider

    data = TestData.data_source()
    data.update(data.flag(KEY).variations(request.param).variation_for_all(0))
    client = LDClient(Config("sdk-key", update_processor_class=data, send_events=False))
    configure(client=client, context=USER)
    register_own_provider()
    yield client
    client.close()


broken_configs = pytest.mark.parametrize("malformed", MALFORMED, indirect=True)


@broken_configs
async def test_d3_malformed_variation_runs_untracked(malformed: Any) -> None:
    """A function that takes nothing from ldtrack runs, in every shape, although its config cannot be read."""
    for call in CALLS:
        assert Reply() == await call(Reply())
    for shape in STREAMS:
        items = whole()
        assert items == await (await shape.open(items)).drain()


@broken_configs
def test_d3_malformed_variation_uses_the_default(malformed: Any) -> None:
    """A function that takes the config gets the enabled default, parsed as the SDK would."""
    default = AICompletionConfigDefault(enabled=True, model=ModelConfig("default-model"))

    @tracked(KEY, default=default)
    def answer(config: AICompletionConfig) -> str:
        assert config.model
        return config.model.name

    assert "default-model" == answer()  # type: ignore[call-arg]


@broken_configs
def test_d3_malformed_variation_uses_the_fallback(malformed: Any) -> None:
    """Without a default, the fallback answers."""

    @tracked(KEY, fallback=lambda: "fallback")
    def answer(config: AICompletionConfig) -> str:
        return never()  # type: ignore[no-any-return]

    assert "fallback" == answer()  # type: ignore[call-arg]


@broken_configs
def test_d3_malformed_variation_without_either(malformed: Any) -> None:
    """Without either, ConfigDisabledError says so, from the cause; strict raises, too."""

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> str:
        return never()  # type: ignore[no-any-return]

    with pytest.raises(ConfigDisabledError) as caught:
        answer()  # type: ignore[call-arg]
    assert isinstance(caught.value.__cause__, Exception)


@broken_configs
def test_d3_malformed_variation_when_strict(malformed: Any) -> None:
    """Strict raises instead of running untracked."""
    configure(client=malformed, context=USER, strict=True)

    with pytest.raises(Exception):  # noqa: B017, PT011 -- whatever the SDK raised
        tracked(KEY)(lambda: Reply())()


class BrokenStore:
    """A feature store that raises."""

    initialized = True

    def init(self, all_data: Any) -> None:
        """Take the data."""

    def __getattr__(self, name: str) -> Any:
        def broken(*args: Any, **kwargs: Any) -> Any:
            raise OSError("the store is broken")

        return broken


def test_d3_broken_evaluation_runs_untracked(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client whose evaluation raises leaves a function that needs nothing alone."""
    monkeypatch.setattr(ld.client, "variation", BrokenStore().variation)

    @tracked(KEY)
    def answer() -> Reply:
        return Reply()

    assert Reply() == answer()
    assert [] == ld.runs()


# --- D4


def test_d4_partial_manual_tracking_is_completed(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What the function tracked by hand stands, what is missing is added, and the SDK never skips anything."""

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker) -> Reply:
        tracker.track_tokens(TokenUsage(total=30, input=10, output=20))
        tracker.track_tool_call("by-hand")
        tracker.track_time_to_first_token(7)
        return Reply(tools=("from-response",))

    answer()  # type: ignore[call-arg]
    run = only_run(ld)
    assert ("success", 10, 20, 30, 7) == (
        run.outcome,
        run.input_tokens,
        run.output_tokens,
        run.total_tokens,
        run.time_to_first_token_ms,
    )
    assert ["by-hand"] == list(run.tool_calls)
    assert run.duration_ms is not None
    assert "Skipping" not in caplog.text


@pytest.mark.parametrize("method", ["track_success", "track_error"])
def test_d4_outcome_by_hand_stands(ld: Any, method: str, caplog: pytest.LogCaptureFixture) -> None:
    """An outcome recorded by hand is the only one."""

    @tracked(KEY)
    def answer() -> Reply:
        getattr(current_run().tracker, method)()
        return Reply()

    answer()
    run = only_run(ld)
    assert (method[6:], 1, 8) == (run.outcome, outcome_count(run), run.total_tokens)
    assert "Skipping" not in caplog.text


def test_d4_metrics_of_by_hand_inside(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Existing hand-written tracking code inside a decorated function is neither repeated nor skipped."""
    from support import read_reply

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Any:
        return config.create_tracker().track_metrics_of(read_reply, Reply)

    answer()  # type: ignore[call-arg]
    run = only_run(ld)
    expected = ["duration:total", "generation:success", "tokens:input", "tokens:output", "tokens:total"]
    assert [f"$ld:ai:{name}" for name in expected] == sorted(keys(run))
    assert "Skipping" not in caplog.text


def test_d4_a_failing_call_after_success_by_hand(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An exception after a success by hand does not add a second outcome."""

    @tracked(KEY)
    def answer() -> Reply:
        current_run().tracker.track_success()
        raise ValueError

    with pytest.raises(ValueError):
        answer()
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))
    assert "Skipping" not in caplog.text


# --- D6


def test_d6_config_not_found_is_warned_about_once(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A config that LaunchDarkly does not serve is named in one warning per key; its metrics are sent."""
    default = AICompletionConfigDefault(enabled=True)
    for key in ("missing-1", "missing-1", "missing-2"):
        tracked(key, default=default)(lambda: Reply())()

    assert 3 == len(ld.runs())
    warned = warnings_of(caplog)
    assert 2 == len(warned)
    assert "missing-1" in warned[0]
    assert "missing-2" in warned[1]


def test_d6_unserved_can_be_dropped(ld: Any) -> None:
    """`unserved="drop"` sends nothing for a config that was not found; served ones are not touched."""
    configure(client=ld.client, context=USER, unserved="drop")
    answer = tracked("missing", default=AICompletionConfigDefault(enabled=True))(lambda: Reply())

    assert Reply() == answer()
    assert [] == ld.runs()
    tracked(KEY)(lambda: Reply())()
    assert "success" == only_run(ld).outcome


def test_d4_ldai_client_is_taken_as_it_is(ld: Any) -> None:
    """An `LDAIClient` given to `configure` is used itself."""
    configure(client=LDAIClient(ld.client), context=USER)

    tracked(KEY)(lambda: Reply())()
    assert "success" == only_run(ld).outcome
