"""D5: no prompt, completion, argument or header content is ever logged or sent."""

from __future__ import annotations

import io
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from ldai.providers.types import LDAIMetrics

from ldtrack import (
    ConfigDisabledError,
    configure,
    current_run,
    explain,
    register_extractor,
    track_stream,
    tracked,
)
from ldtrack.local import LocalLaunchDarkly
from support import CONFIGS, KEY, USER, Chunk, Reply, outcome_count

CANARY = "c4nary-s3cret"


class Leaky(Exception):
    """An exception that quotes the secret."""

    def __init__(self) -> None:
        super().__init__(f"failed on {CANARY}")


class LeakyReply:
    """A response whose text and representation hold the secret."""

    text = CANARY

    def __repr__(self) -> str:
        return f"LeakyReply({CANARY})"

    __str__ = __repr__


def leaky_extractor(response: Any) -> LDAIMetrics:
    """An extractor that raises with the secret."""
    raise Leaky


def rubbish_extractor(response: Any) -> Any:
    """An extractor that returns the secret."""
    return CANARY


class LeakyReader:
    """A stream extractor that raises with the secret."""

    def feed(self, chunk: Any) -> bool:
        raise Leaky

    def result(self) -> Any:
        return CANARY


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that any logger writes, at debug level, with tracebacks as handlers format them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))
    root, level = logging.getLogger(), logging.getLogger().level
    loggers = [root, *(logging.getLogger(name) for name in ("ldtrack", "ldclient", "ldclient.util", "ldai"))]
    levels = [logger.level for logger in loggers]
    root.addHandler(handler)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    for logger, old in zip(loggers, levels, strict=True):
        logger.setLevel(old)
    root.setLevel(level)


def run_plain(extractor: Any) -> None:
    """Plain calls that return and raise."""

    @tracked(KEY, extractor=extractor)
    def answer(prompt: str, fail: bool) -> Any:
        if fail:
            raise Leaky
        return LeakyReply()

    answer(CANARY, False)
    with pytest.raises(Leaky):
        answer(prompt=CANARY, fail=True)


def run_streams(extractor: Any) -> None:
    """Generators that end, break and raise."""

    @tracked(KEY, extractor=extractor)
    def answer(prompt: str) -> Iterator[Any]:
        yield CANARY
        yield Chunk(CANARY)
        raise Leaky

    stream = answer(CANARY)
    next(stream)
    del stream
    with pytest.raises(Leaky):
        list(answer(CANARY))


async def run_async(extractor: Any) -> None:
    """Async calls and async generators."""

    @tracked(KEY, extractor=None if extractor is LeakyReader else extractor)
    async def answer(prompt: str) -> Any:
        return LeakyReply()

    @tracked(KEY, extractor=extractor)
    async def stream(prompt: str) -> AsyncIterator[Any]:
        yield CANARY
        raise Leaky

    await answer(CANARY)
    with pytest.raises(Leaky):
        async for _ in stream(CANARY):
            pass


def run_guardrails() -> None:
    """A disabled config, a missing one, and a broken context function."""
    for key in ("off", "missing"):
        with pytest.raises(ConfigDisabledError) as caught:
            tracked(key)(lambda prompt: prompt)(CANARY)
        assert CANARY not in str(caught.value)

    @tracked(KEY, variables=lambda prompt: {"name": prompt})
    def answer(prompt: str) -> Any:
        with track_stream() as s:
            s.observe(Chunk(CANARY))
        current_run().tool_call("tool")
        return LeakyReply()

    answer(CANARY)


@pytest.mark.parametrize("extractor", [None, leaky_extractor, rubbish_extractor, LeakyReader])
def test_d5_no_content_is_logged_or_sent(ld: Any, logged: io.StringIO, extractor: Any) -> None:
    """The canary is in prompts, arguments, responses, chunks and exceptions, and in no log and no event."""
    if extractor is not LeakyReader:
        run_plain(extractor)
    run_streams(extractor)
    anyio.run(run_async, extractor)
    run_guardrails()

    assert [] == [event.key for event in ld.events if CANARY in repr((event.key, event.data, event.metric_value))]
    assert CANARY not in logged.getvalue()
    assert all(outcome_count(run) <= 1 for run in ld.runs())
    assert ld.runs()


def test_d5_registry_faults_do_not_quote(ld: Any, logged: io.StringIO) -> None:
    """A registered extractor and an unknown type are named without their content."""
    register_extractor(LeakyReply)(leaky_extractor)
    run_plain(None)

    class Unknown(LeakyReply):
        pass

    class Metaless:
        def __repr__(self) -> str:
            return CANARY

    tracked(KEY)(lambda: Unknown())()
    tracked(KEY)(lambda: Metaless())()
    assert "Metaless" in logged.getvalue()
    assert CANARY not in logged.getvalue()


def test_d5_broken_sdk_does_not_quote(ld: Any, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults of the event path and of the evaluation are logged without their text."""

    def track(*args: Any) -> None:
        raise Leaky

    monkeypatch.setattr(ld.client, "track", track)
    tracked(KEY)(lambda: Reply())()
    assert CANARY not in logged.getvalue()


def test_d5_summaries_and_plans_hold_no_content(ld: Any) -> None:
    """`on_finish`, `Run` and `explain` show no content either."""
    shown: list[str] = []
    configure(client=ld.client, context=USER, on_finish=lambda summary: shown.append(repr(summary)))

    @tracked(KEY)
    def answer(prompt: str) -> Any:
        shown.append(repr(current_run()))
        return LeakyReply()

    answer(CANARY)
    shown.append(f"{explain(answer)!r} {explain(answer)}")
    assert 3 == len(shown)
    assert CANARY not in "".join(shown)


def test_d5_prompts_of_the_config_are_not_logged(logged: io.StringIO) -> None:
    """Messages of the config, rendered with the caller's arguments, stay out of logs and events."""
    config = {**CONFIGS[KEY], "messages": [{"role": "system", "content": f"{CANARY} {{{{name}}}}"}]}
    with LocalLaunchDarkly({KEY: config}) as local:
        configure(client=local.client, context=USER)

        @tracked(KEY)
        def answer(name: str) -> Any:
            assert current_run().config.messages[0].content.endswith("ada")
            return Reply()

        answer("ada")
        assert CANARY not in logged.getvalue()
        assert CANARY not in repr([event.data for event in local.events])
