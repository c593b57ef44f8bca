"""A1 to A9: the public face, and one bad input for each clause."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import textwrap
import typing
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from ldai import (
    AIAgentConfig,
    AIAgentConfigDefault,
    AICompletionConfig,
    AICompletionConfigDefault,
    LDAIClient,
    ManagedModel,
)
from ldai.tracker import LDAIConfigTracker
from ldclient import Context
from support import CALLS, KEY, USER, Call, Reply, keys, only_run, whole

from ldtrack import (
    ConfigurationError,
    LdtrackError,
    MissingContextError,
    Run,
    aflush,
    bind_run,
    configure,
    current_run,
    explain,
    flush,
    inject,
    send_feedback,
    shutdown,
    suppressed,
    tracked,
    use_context,
)

ADA = Context.create("ada")
BOB = Context.create("bob")


def recorded_for(ld: Any) -> list[str]:
    """The user keys of the recorded runs."""
    return [run.events[0].context.key for run in ld.runs()]


# --- A1: bad input at decoration

BAD_DECORATIONS: dict[str, tuple[Any, type[Exception], str]] = {
    "no parentheses": (lambda: tracked(lambda: None), TypeError, '@tracked\\("'),  # type: ignore[call-overload, arg-type]
    "empty key": (lambda: tracked(""), ValueError, "key"),
    "blank key": (lambda: tracked("  "), ValueError, "key"),
    "no key": (lambda: tracked(None), TypeError, "key"),  # type: ignore[arg-type]
    "number as key": (lambda: tracked(7), TypeError, "key"),  # type: ignore[arg-type]
    "a class": (lambda: tracked(KEY)(Reply), TypeError, "class"),
    "no callable": (lambda: tracked(KEY)(7), TypeError, "callable|function"),  # type: ignore[arg-type, type-var]
    "extractor": (lambda: tracked(KEY, extractor=7), TypeError, "extractor"),  # type: ignore[call-overload, arg-type]
    "context": (lambda: tracked(KEY, context="user"), TypeError, "context"),  # type: ignore[call-overload, arg-type]
    "invalid context": (lambda: tracked(KEY, context=Context.create("")), ValueError, "context"),
    "default": (lambda: tracked(KEY, default={"enabled": True})(len), TypeError, "default"),  # type: ignore[call-overload, arg-type]
    "variables": (lambda: tracked(KEY, variables=7), TypeError, "variables"),  # type: ignore[call-overload, arg-type]
    "mode": (lambda: tracked(KEY, mode="chat"), ValueError, "mode"),  # type: ignore[call-overload, arg-type]
    "fallback": (lambda: tracked(KEY, fallback="text"), TypeError, "fallback"),  # type: ignore[call-overload, arg-type]
    "client": (lambda: tracked(KEY, client="sdk-key"), TypeError, "client"),  # type: ignore[call-overload, arg-type]
    "interrupted": (lambda: tracked(KEY, interrupted="maybe"), ValueError, "interrupted"),  # type: ignore[call-overload, arg-type]
    "ignore": (lambda: tracked(KEY, ignore=KeyError), TypeError, "ignore"),  # type: ignore[call-overload, arg-type]
    "ignored instance": (lambda: tracked(KEY, ignore=(KeyError(),)), TypeError, "ignore"),  # type: ignore[call-overload, arg-type]
    "nested": (lambda: tracked(KEY, nested="never"), ValueError, "nested"),  # type: ignore[call-overload, arg-type]
    "unknown option": (lambda: tracked(KEY, name="x"), TypeError, "name"),  # type: ignore[call-overload]
    "positional option": (lambda: tracked(KEY, print), TypeError, "positional"),  # type: ignore[call-overload, misc]
}


@pytest.mark.parametrize("case", BAD_DECORATIONS)
def test_a1_bad_decoration_is_refused_at_once(case: str) -> None:
    """Every wrong option is refused when decorating, with a message that names it."""
    decorate, error, text = BAD_DECORATIONS[case]

    with pytest.raises(error, match=text):
        decorate()


def _sync() -> Any:
    return 1


async def _async() -> Any:
    return 1


def _generator() -> Iterator[Any]:
    yield 1


async def _async_generator() -> AsyncIterator[Any]:
    yield 1


FUNCTIONS: list[Any] = [_sync, _async, _generator, _async_generator]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("fallback", FUNCTIONS)
def test_a1_fallback_has_the_shape_of_the_function(function: Any, fallback: Any) -> None:
    """A fallback of another shape is a TypeError at decoration."""
    if function is fallback:
        assert tracked(KEY, fallback=fallback)(function)
        return
    with pytest.raises(TypeError, match="fallback"):
        tracked(KEY, fallback=fallback)(function)


BAD_SETTINGS: dict[str, tuple[dict[str, Any], type[Exception]]] = {
    "client": ({"client": "sdk-key"}, TypeError),
    "context": ({"context": "user"}, TypeError),
    "invalid context": ({"context": Context.create("")}, ValueError),
    "interrupted": ({"interrupted": "maybe"}, ValueError),
    "ignore": ({"ignore": [KeyError]}, TypeError),
    "nested": ({"nested": "never"}, ValueError),
    "unserved": ({"unserved": "keep"}, ValueError),
    "model_refusal": ({"model_refusal": "ignore"}, ValueError),
    "parsing_error": ({"parsing_error": None}, ValueError),
    "strict": ({"strict": "yes"}, TypeError),
    "on_finish": ({"on_finish": 7}, TypeError),
    "unknown": ({"extractor": print}, TypeError),
}


@pytest.mark.parametrize("case", BAD_SETTINGS)
def test_a3_bad_settings_are_refused(ld: Any, case: str) -> None:
    """`configure` refuses wrong values, and keeps what was set before."""
    options, error = BAD_SETTINGS[case]

    with pytest.raises(error, match=next(iter(options))):
        configure(**options)
    tracked(KEY)(lambda: Reply())()
    assert "success" == only_run(ld).outcome


def test_a3_use_context_refuses_what_is_no_context() -> None:
    """`use_context` refuses at once, too."""
    for wrong, error in ((None, TypeError), ("user", TypeError), (Context.create(""), ValueError)):
        with pytest.raises(error, match="context"):
            use_context(wrong)  # type: ignore[arg-type]


# --- A1: where the LaunchDarkly context comes from


def test_a1_context_in_order(ld: Any) -> None:
    """`context=`, else a `Context` parameter, else `use_context`, else the configured one."""

    @tracked(KEY, context=ADA)
    def fixed(user: Context) -> Reply:
        return Reply()

    @tracked(KEY)
    def by_parameter(user: Context) -> Reply:
        return Reply()

    @tracked(KEY)
    def without() -> Reply:
        return Reply()

    with use_context(BOB):
        fixed(USER)
        by_parameter(ADA)
        without()
    without()
    assert ["ada", "ada", "bob", "user-1"] == recorded_for(ld)


def test_a1_missing_context_lists_the_ways(ld: Any) -> None:
    """With none of them, MissingContextError lists them, and the function does not run."""
    configure(client=ld.client, context=None)

    @tracked(KEY)
    def answer() -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises(MissingContextError) as caught:
        answer()
    for way in ("context=", "Context", "use_context", "configure"):
        assert way in str(caught.value)
    assert isinstance(caught.value, LdtrackError)


@pytest.mark.parametrize("annotation", ["Context", "Context | None", "typing.Optional[Context]", "'Context'"])
def test_a1_context_parameter_annotations(ld: Any, annotation: str) -> None:
    """Optional and string annotations are understood; None falls through to the next source."""
    source = f"def answer(question, user: {annotation} = None):\n    return 1\n"
    scope: dict[str, Any] = {"Context": Context, "typing": typing}
    exec(source, scope)  # noqa: S102
    answer = tracked(KEY)(scope["answer"])

    answer("q", ADA)
    answer("q", user=BOB)
    answer("q")
    assert ["ada", "bob", "user-1"] == recorded_for(ld)


def test_a1_context_function_by_name_and_as_called(ld: Any) -> None:
    """A function of the arguments is called by name where its parameters are the function's, else as called."""

    @tracked(KEY, context=lambda user_id: Context.create(user_id))
    def by_name(question: str, user_id: str = "default-user") -> Reply:
        return Reply()

    @tracked(KEY, context=lambda *args, **kwargs: Context.create(f"{args[0]}-{kwargs['tail']}"))
    def as_called(head: str, *, tail: str) -> Reply:
        return Reply()

    by_name("q", "ada")
    by_name("q")
    by_name(user_id="bob", question="q")
    as_called("h", tail="t")
    assert ["ada", "default-user", "bob", "h-t"] == recorded_for(ld)


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (lambda: 1 / 0, ZeroDivisionError),
        (lambda: "user", (TypeError, LdtrackError)),
        (lambda: Context.create(""), (ValueError, LdtrackError)),
    ],
    ids=["raises", "no context", "invalid context"],
)
def test_a1_context_function_that_fails(ld: Any, function: Any, error: Any) -> None:
    """What goes wrong in it reaches the caller before the function runs."""

    @tracked(KEY, context=function)
    def answer() -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises(error):
        answer()
    assert [] == ld.runs()


def test_a1_context_parameter_with_an_invalid_context(ld: Any) -> None:
    """An invalid context passed as an argument never gets somebody's config."""

    @tracked(KEY)
    def answer(user: Context) -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises((ValueError, LdtrackError)):
        answer(Context.create(""))
    assert [] == ld.runs()


def test_a1_run_context_before_missing_context(ld: Any) -> None:
    """Inside a run, its context serves calls that have no other source."""
    configure(client=ld.client, context=None)

    @tracked("other")
    def inner() -> Reply:
        return Reply()

    @tracked(KEY, context=ADA)
    def outer() -> Reply:
        return inner()

    outer()
    assert {"ada"} == set(recorded_for(ld))


# --- A1: variables


def prompt(config: Any) -> str:
    """The rendered message."""
    return str(config.messages[0].content)


def test_a1_variables_default_to_scalar_arguments(ld: Any) -> None:
    """The call's own scalar arguments render the template; objects do not."""

    @tracked(KEY)
    def answer(name: str, question: int = 4, thing: object = None, config: AICompletionConfig = inject()) -> str:
        return prompt(config)

    assert "Hello ada 4" == answer("ada", thing=Reply())
    assert "Hello ada 5" == answer(question=5, name="ada")


def test_a1_variables_mapping_and_function(ld: Any) -> None:
    """A mapping, or a function of the arguments, replaces them."""

    @tracked(KEY, variables={"name": "fixed"})
    def mapping(name: str, config: AICompletionConfig = inject()) -> str:
        return prompt(config)

    @tracked(KEY, variables=lambda name: {"name": name.upper()})
    def function(name: str, config: AICompletionConfig = inject()) -> str:
        return prompt(config)

    assert "Hello fixed " == mapping("ada")
    assert "Hello ADA " == function("ada")


def test_a1_variables_function_that_fails(ld: Any) -> None:
    """Its exception reaches the caller."""

    @tracked(KEY, variables=lambda name: 1 / 0)
    def answer(name: str) -> Reply:
        raise AssertionError("the function ran")

    with pytest.raises(ZeroDivisionError):
        answer("ada")


# --- A1, B7: injection


def test_b7_injection(ld: Any) -> None:
    """Config, tracker and run are injected, also as string and optional annotations."""

    @tracked(KEY)
    def answer(
        question: str,
        config: "AICompletionConfig",
        tracker: LDAIConfigTracker | None = None,
        *,
        run: Run = inject(),
    ) -> Any:
        assert tracker is run.tracker
        assert config is run.config
        return question, config.key

    assert ("q", KEY) == answer("q")  # type: ignore[call-arg]
    assert ("q", KEY) == answer(question="q")  # type: ignore[call-arg]
    assert 2 == len(ld.runs())


def test_b7_injected_parameter_first(ld: Any) -> None:
    """Positional arguments follow the visible signature, wherever the injected parameter stands."""

    @tracked(KEY)
    def answer(config: AICompletionConfig, question: str, size: int = 1) -> Any:
        return config.key, question, size

    assert (KEY, "q", 2) == answer("q", 2)  # type: ignore[call-arg, arg-type]


@pytest.mark.parametrize("how", ["keyword", "position"])
def test_a1_config_passed_by_the_caller_replaces_evaluation(ld: Any, how: str) -> None:
    """A config of the caller's own is taken, not evaluated again, and its tracker's events are the run's."""
    own = LDAIClient(ld.client).completion_config("other", ADA)
    ld.clear()

    @tracked(KEY)
    def answer(question: str, config: AICompletionConfig) -> Any:
        return config

    given = answer("q", config=own) if how == "keyword" else answer("q", own)
    assert given.key == own.key
    assert ["other"] == [run.config_key for run in ld.runs()]
    assert not [event for event in ld.events if "usage" in event.key]


def test_a1_tracker_passed_by_the_caller(ld: Any) -> None:
    """A tracker of the caller's own gets the events of the run."""
    tracker = LDAIClient(ld.client).completion_config(KEY, ADA).create_tracker()

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker) -> Reply:
        return Reply()

    answer(tracker=tracker)
    run = only_run(ld)
    assert tracker.get_summary().success
    assert ("success", "ada") == (run.outcome, run.events[0].context.key)


def test_b7_agent_mode(ld: Any) -> None:
    """An `AIAgentConfig` parameter, or `mode="agent"`, evaluates an agent config."""

    @tracked("agent")
    def by_parameter(name: str, config: AIAgentConfig = inject()) -> Any:
        return config.instructions

    @tracked("agent", mode="agent", default=AIAgentConfigDefault(enabled=True))
    def by_mode(name: str) -> Any:
        return current_run().config.instructions

    assert ["Help ada"] * 2 == [by_parameter("ada"), by_mode("ada")]
    assert 2 == sum("agent-config" in event.key for event in ld.events)


# --- A3


def test_a3_no_client_says_what_to_add() -> None:
    """Without a client, the error says the line to add, and is one of ours."""
    with pytest.raises(ConfigurationError, match="configure\\(") as caught:
        tracked(KEY, context=USER)(lambda: Reply())()
    assert isinstance(caught.value, LdtrackError)


def test_a3_factory_is_called_once(ld: Any) -> None:
    """A factory is called on first use, once, also from many threads."""
    made: list[int] = []

    def factory() -> Any:
        made.append(1)
        return ld.client

    configure(client=factory, context=USER)
    assert [] == made
    answer = tracked(KEY)(lambda: Reply())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: answer(), range(40)))
    assert [1] == made
    assert 40 == len(ld.runs())


@pytest.mark.parametrize("factory", [lambda: 1 / 0, lambda: None, lambda: "client"], ids=["raises", "None", "text"])
def test_a3_factory_that_fails(ld: Any, factory: Any) -> None:
    """A factory that raises, or makes something else, is a ConfigurationError that says so."""
    configure(client=factory, context=USER)

    with pytest.raises(ConfigurationError):
        tracked(KEY)(lambda: Reply())()


def test_a3_singleton_of_the_app(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a configured client, the singleton that the app set is used."""
    script = """
        import ldclient, ldtrack
        from ldclient.config import Config
        from ldclient.integrations.test_data import TestData
        data = TestData.data_source()
        data.update(data.flag("chat").variations({"_ldMeta": {"enabled": True}}).variation_for_all(0))
        ldclient.set_config(Config("sdk-key", update_processor_class=data, send_events=False))
        told = []
        ldtrack.configure(context=ldclient.Context.create("u"), on_finish=told.append)
        assert 1 == ldtrack.tracked("chat")(lambda: 1)()
        print(told[0].outcome)
        ldclient.get().close()
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60)
    assert ("success\n", 0) == (done.stdout, done.returncode)


def test_a1_client_option(ld: Any) -> None:
    """`client=` of the decorator wins over the configured one."""
    from support import CONFIGS

    from ldtrack.local import LocalLaunchDarkly

    with LocalLaunchDarkly(CONFIGS) as other:
        tracked(KEY, client=other.client)(lambda: Reply())()
        assert "success" == only_run(other).outcome
    assert [] == ld.runs()


@pytest.mark.anyio
async def test_a3_use_context_async_and_nested(ld: Any) -> None:
    """`use_context` nests, works with `async with`, and ends with its block."""
    answer = tracked(KEY)(lambda: Reply())
    async with use_context(ADA):
        answer()
        with use_context(BOB):
            answer()
        answer()
    answer()
    assert ["ada", "bob", "ada", "user-1"] == recorded_for(ld)


# --- A4


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


# --- A5


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a5_explain_tells_shape_and_tier(function: Any) -> None:
    """`explain` works without a client, before any call, and tells shape and injected parameters."""
    text = str(explain(tracked(KEY)(function)))

    assert KEY in text
    assert {"_sync": "sync", "_async": "async", "_generator": "generator", "_async_generator": "async generator"}[
        function.__name__
    ] in text


def test_a5_explain_refuses_undecorated_functions() -> None:
    """A function that is not decorated is a TypeError that says so."""
    for wrong in (_sync, 7, Reply):
        with pytest.raises(TypeError, match="tracked"):
            explain(wrong)


# --- A6


@pytest.mark.anyio
async def test_a6_flush_shutdown(ld: Any) -> None:
    """`flush` and `aflush` return a bool, `shutdown` may be called twice, also without a client."""
    tracked(KEY)(lambda: Reply())()
    assert True is flush(5)
    assert True is await aflush(5)
    shutdown()
    shutdown()


def test_a6_without_a_client() -> None:
    """With nothing to deliver, flushing and shutting down is harmless."""
    assert flush(1) in (True, False)
    shutdown()


# --- A8


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
    """`LDTRACK_DISABLED=1` sends nothing, evaluates all the same, and guardrails hold."""
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
    """
    environment = {**os.environ, "LDTRACK_DISABLED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, env=environment
    )
    assert ("m m 0\n", 0) == (done.stdout, done.returncode)


# --- A9


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


def test_a9_bind_run_refuses_what_is_no_function() -> None:
    """Only callables can be bound."""
    with pytest.raises(TypeError):
        bind_run(7)  # type: ignore[type-var]


# --- B, here because it is about options


def test_b6_managed_runner_needs_a_coroutine_function() -> None:
    """Tier 1 on anything but `async def` is refused at decoration, with the reason."""

    def sync(model: ManagedModel) -> Any:
        return None

    def generator(model: ManagedModel) -> Iterator[Any]:
        yield 1

    async def async_generator(model: ManagedModel) -> AsyncIterator[Any]:
        yield 1

    for function in (sync, generator, async_generator):
        with pytest.raises(TypeError, match="async"):
            tracked(KEY)(function)  # type: ignore[type-var]


def test_a1_default_of_the_wrong_kind_is_named(ld: Any) -> None:
    """A default of the wrong class is refused where it is decorated."""
    with pytest.raises(TypeError, match="default"):
        tracked(KEY, default=AICompletionConfigDefault)(_sync)  # type: ignore[call-overload, arg-type]


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
