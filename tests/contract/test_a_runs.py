"""A4, A5, A8, A9: the run, its summary, the plan, suppression, and runs in other threads."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ldai import (
    AICompletionConfig,
)
from ldclient import Context

from contract.helpers import recorded_for
from ldtrack import (
    LdtrackError,
    Run,
    bind_run,
    configure,
    current_run,
    explain,
    inject,
    send_feedback,
    suppressed,
    tracked,
    use_context,
)
from support import CALLS, KEY, USER, Call, Reply, keys, only_run, whole

ADA = Context.create("ada")


def _sync() -> Any:
    return 1


async def _async() -> Any:
    return 1


def _generator() -> Iterator[Any]:
    yield 1


async def _async_generator() -> AsyncIterator[Any]:
    yield 1


FUNCTIONS: list[Any] = [_sync, _async, _generator, _async_generator]


def test_a4_current_run(ld: Any) -> None:
    """Inside, the run knows config, tracker, key, context and token; outside there is a LookupError."""
    with pytest.raises(LookupError):
        current_run()

    @tracked(KEY)
    def answer(user: Context) -> Reply:
        run = current_run()
        assert isinstance(run, Run)
        assert (KEY, ADA) == (run.config_key, run.context)
        assert run.resumption_token == run.tracker.resumption_token
        assert isinstance(run.config, AICompletionConfig)
        assert (None, False) == (run.summary.outcome, run.summary.ended)
        run.tool_call("search")
        return Reply()

    answer(ADA)
    with pytest.raises(LookupError):
        current_run()
    assert ["search"] == list(only_run(ld).tool_calls)


def test_a4_feedback_during_and_after(ld: Any) -> None:
    """Feedback goes to the same run, during the call or later by its token."""
    kept: list[Any] = []

    @tracked(KEY)
    def answer() -> Reply:
        kept.append(current_run())
        return Reply()

    answer()
    kept[0].feedback(positive=True)
    assert "positive" == only_run(ld).feedback
    answer()
    send_feedback(kept[1].resumption_token, positive=False, context=ADA)
    first, second = ld.runs()
    assert ("negative", "success") == (second.feedback, second.outcome)
    assert first.run_id != second.run_id


@pytest.mark.parametrize("token", ["", "rubbish", "e30", "eyJydW5JZCI6ICJ4In0", "ü", "a" * 5])
def test_a4_bad_resumption_token(ld: Any, token: str) -> None:
    """A token that cannot be read is a ValueError of ours."""
    with pytest.raises(ValueError) as caught:
        send_feedback(token, positive=True, context=ADA)
    assert isinstance(caught.value, LdtrackError)


def test_a4_summary_and_on_finish(ld: Any) -> None:
    """`on_finish` gets the summary of each run after it ended; what it raises does not reach the caller."""
    told: list[Any] = []

    def tell(summary: Any) -> None:
        told.append(summary)
        raise RuntimeError("of the hook")

    configure(client=ld.client, context=USER, on_finish=tell)
    tracked(KEY)(lambda: Reply(tools=("search",)))()
    with pytest.raises(KeyError):
        tracked(KEY)(functools.partial({}.__getitem__, "x"))()

    good, bad = told
    assert (KEY, "success", 3, 5, 8, ("search",), True) == (
        good.config_key,
        good.outcome,
        good.input_tokens,
        good.output_tokens,
        good.total_tokens,
        good.tool_calls,
        good.ended,
    )
    assert ("error", None) == (bad.outcome, bad.total_tokens)
    assert [run.run_id for run in ld.runs()] == [summary.run_id for summary in told]
    with pytest.raises(AttributeError):
        good.outcome = "error"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a5_explain_tells_shape_and_tier(function: Any) -> None:
    """`explain` works without a client, before any call, and tells shape and injected parameters."""
    text = str(explain(tracked(KEY)(function)))

    assert KEY in text
    assert {"_sync": "sync", "_async": "async", "_generator": "generator", "_async_generator": "async generator"}[
        function.__name__
    ] in text


def test_a8_suppressed(ld: Any) -> None:
    """Inside `suppressed()` configs are evaluated and guardrails hold, but no metric is sent."""
    from ldtrack import ConfigDisabledError

    @tracked(KEY)
    def answer(config: AICompletionConfig = inject()) -> str:
        assert config.model
        current_run().tool_call("x")
        return config.model.name

    with suppressed():
        assert "tiny-1" == answer()
        with pytest.raises(ConfigDisabledError):
            tracked("off")(lambda: Reply())()
    assert [] == ld.runs()
    answer()
    assert "success" == only_run(ld).outcome


@pytest.mark.anyio
@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)
async def test_a8_suppressed_in_every_shape(ld: Any, call: Call) -> None:
    """Also for awaitables that end after the call, as long as the call was in the block."""
    with suppressed():
        assert Reply() == await call(Reply())
    assert [] == ld.runs()


def test_a8_suppressed_streams(ld: Any) -> None:
    """A generator called in the block stays suppressed when consumed after it."""

    @tracked(KEY)
    def answer() -> Iterator[Any]:
        yield from whole()

    with suppressed():
        stream = answer()
    assert 4 == len(list(stream))
    assert [] == ld.runs()


def test_a8_environment_switch() -> None:
    """While `LDTRACK_DISABLED=1` is set nothing is sent; configs are evaluated all the same, and guardrails hold."""
    script = """
        import ldtrack
        from ldai import AICompletionConfig
        from ldclient import Context
        from ldtrack.local import LocalLaunchDarkly
        local = LocalLaunchDarkly({"chat": {"_ldMeta": {"enabled": True}, "model": {"name": "m"}},
                                   "off": {"_ldMeta": {"enabled": False}}})
        ldtrack.configure(client=local.client, context=Context.create("u"))
        @ldtrack.tracked("chat")
        def answer(config: AICompletionConfig):
            return config.model.name
        @ldtrack.tracked("chat")
        def stream():
            yield ldtrack.current_run().config.model.name
        try:
            ldtrack.tracked("off")(lambda: 1)()
        except ldtrack.ConfigDisabledError:
            print(answer(), *stream(), len(local.runs()))
        import os
        del os.environ["LDTRACK_DISABLED"]
        print(answer(), *stream(), len(local.runs()))
    """
    environment = {**os.environ, "LDTRACK_DISABLED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, env=environment
    )
    assert ("m m 0\nm m 2\n", 0) == (done.stdout, done.returncode)


def test_a9_bind_run(ld: Any) -> None:
    """A job bound to the run sees it and its ambient context in a pool's thread; others see nothing."""

    def job(number: int) -> Any:
        return current_run().resumption_token, number

    def unbound() -> bool:
        try:
            current_run()
        except LookupError:
            return True
        return False

    @tracked(KEY)
    def inner() -> Reply:
        return Reply()

    @tracked(KEY)
    def answer() -> Any:
        mine = current_run().resumption_token
        with ThreadPoolExecutor(2) as pool, use_context(USER):
            assert (mine, 3) == pool.submit(bind_run(job), 3).result()
            assert pool.submit(unbound).result()
            assert Reply() == pool.submit(bind_run(inner)).result()
            assert pool.submit(unbound).result()
            assert [(mine, 0), (mine, 1)] == list(pool.map(bind_run(job), range(2)))
        return Reply()

    answer()
    run = only_run(ld)
    assert ("success", 8) == (run.outcome, run.total_tokens)


def test_a9_bind_run_carries_the_ambient_context_alone(ld: Any) -> None:
    """Outside a run, the ambient context is carried."""
    answer = tracked(KEY)(lambda: Reply())
    with ThreadPoolExecutor(1) as pool:
        with use_context(ADA):
            bound = bind_run(answer)
        pool.submit(bound).result()
        pool.submit(answer).result()
    assert ["ada", "user-1"] == recorded_for(ld)


def test_events_come_from_the_sdks_tracker(ld: Any) -> None:
    """Every run event carries the SDK's own payload (H4)."""
    tracked(KEY)(lambda: Reply())()
    run = only_run(ld)
    assert "$ld:ai:duration:total" in keys(run)
    for event in run.events:
        assert {"runId", "configKey", "version", "modelName", "providerName", "variationKey"} <= set(event.data)
        assert ("tiny-1", "own", "v1", 3) == tuple(
            event.data[name] for name in ("modelName", "providerName", "variationKey", "version")
        )
