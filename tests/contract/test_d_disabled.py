"""D1, D6: configs that are off, missing or not served."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ldai import AICompletionConfig, AICompletionConfigDefault, ModelConfig

from contract.helpers import never, warnings_of
from ldtrack import (
    ConfigDisabledError,
    configure,
    tracked,
)
from support import (
    KEY,
    USER,
    Reply,
    only_run,
)

pytestmark = pytest.mark.anyio


MARK = Reply("fallback")


def sync_fallback(question: str) -> Reply:
    """Answer at once."""
    return MARK


async def async_fallback(question: str) -> Reply:
    """Answer when awaited."""
    return MARK


def generator_fallback(question: str) -> Iterator[Any]:
    """Answer piece by piece."""
    yield question
    yield MARK


async def async_generator_fallback(question: str) -> AsyncIterator[Any]:
    """Answer piece by piece, async."""
    yield question
    yield MARK


def disabled(fallback: bool) -> dict[str, Any]:
    """The four shapes over a disabled config."""

    def option(function: Any) -> dict[str, Any]:
        return {"fallback": function} if fallback else {}

    @tracked("off", **option(sync_fallback))
    def sync(question: str) -> Reply:
        return never()

    @tracked("off", **option(async_fallback))
    async def coroutine(question: str) -> Reply:
        return never()

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

    assert MARK is shapes["sync"]("q")
    assert MARK is await shapes["async"]("q")
    assert ["q", MARK] == list(shapes["generator"]("q"))
    assert ["q", MARK] == [item async for item in shapes["async_generator"]("q")]
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
        return never()

    with pytest.raises(ValueError, match="of the fallback") as caught:
        answer()
    assert caught.value.__context__ is None


def test_d1_texts_tell_the_reasons_apart(ld: Any) -> None:
    """Switched off, not found, and a client that is not initialised read differently, and name the key."""
    from ldclient import LDClient
    from ldclient.config import Config

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

    assert "default-model" == answer()
    assert "success" == only_run(ld).outcome


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
