"""B1 to B8: which tier is chosen, and what each of them records."""

from __future__ import annotations

import asyncio
import gc
import logging
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from ldai import AICompletionConfig, LDAIClient, ManagedModel, ManagedResult
from ldai.providers.types import LDAIMetrics
from ldai.tracker import LDAIConfigTracker, TokenUsage
from contract.loopback import BODY, openai_server
from openai import OpenAI
from openai.types.chat import ChatCompletion
from support import KEY, USER, Chunk, Reply, Stream, keys, last, only_run, outcome_count, read_reply, whole

from ldtrack import (
    ConfigDisabledError,
    conversation,
    current_run,
    explain,
    extractor_for,
    inject,
    register_extractor,
    registered,
    tracked,
)

MANAGED: dict[str, Any] = {
    "_ldMeta": {"enabled": True, "variationKey": "v1", "version": 1},
    "model": {"name": "gpt-tiny"},
    "provider": {"name": "openai"},
    "messages": [{"role": "system", "content": "Be brief, {{name}}."}],
}


@pytest.fixture
def openai(ld: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A loopback OpenAI for the managed runner; gives the requests it received."""
    with openai_server() as (url, requests):
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "test-key")
        ld.set("managed", MANAGED)
        yield requests
    with warnings.catch_warnings():  # nobody closes the clients that the SDK makes
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


# --- B1


def test_b1_managed_model_is_injected_and_tracks_itself(ld: Any, openai: list[Any]) -> None:
    """ldtrack makes the runner, injects it, and adds nothing to what the runner tracks."""

    @tracked("managed")
    async def answer(question: str, name: str, model: ManagedModel) -> ManagedResult:
        return await model.run(question)

    result = asyncio.run(answer("hi", "ada"))  # type: ignore[call-arg]
    run = only_run(ld)
    assert "hello" == result.content
    assert ("success", 1, 11, 7, 18) == (
        run.outcome,
        outcome_count(run),
        run.input_tokens,
        run.output_tokens,
        run.total_tokens,
    )
    assert 1 == keys(run).count("$ld:ai:duration:total")
    assert "Be brief, ada." == openai[0]["messages"][0]["content"]


def test_b1_handing_on_a_managed_result_is_not_counted_twice(ld: Any, openai: list[Any]) -> None:
    """A function that makes its managed model by itself and returns the result adds nothing (J3)."""

    @tracked("managed")
    async def answer() -> ManagedResult:
        model = LDAIClient(ld.client).create_model("managed", USER)
        assert model
        return await model.run("hi")

    asyncio.run(answer())
    assert 18 == sum(run.total_tokens or 0 for run in ld.runs())
    assert 1 == sum(outcome_count(run) for run in ld.runs())


@pytest.mark.parametrize("annotation", ["ManagedModel", "Optional[ManagedModel]", "'ManagedModel | None'"])
def test_b1_annotations(ld: Any, openai: list[Any], annotation: str) -> None:
    """Optional and string annotations are understood."""
    source = f"async def answer(model: {annotation} = None):\n    return (await model.run('hi')).content\n"
    scope: dict[str, Any] = {"ManagedModel": ManagedModel, "Optional": __import__("typing").Optional}
    exec(source, scope)  # noqa: S102

    assert "hello" == asyncio.run(tracked("managed")(scope["answer"])())
    assert "success" == only_run(ld).outcome


def test_b1_disabled_config_holds_the_guardrail(ld: Any) -> None:
    """A disabled config does not inject None."""

    @tracked("off")
    async def answer(model: ManagedModel) -> Any:
        raise AssertionError("the function ran")

    with pytest.raises(ConfigDisabledError):
        asyncio.run(answer())  # type: ignore[call-arg]


def test_b1_conversation_carries_the_history(ld: Any, openai: list[Any]) -> None:
    """One managed runner serves several turns, each turn a run of its own."""

    async def chat() -> None:
        with conversation("managed", USER) as model:
            await model.run("first")
            await model.run("second")

    asyncio.run(chat())
    contents = [message["content"] for message in openai[1]["messages"]]
    assert ["first", "hello", "second"] == contents[-3:]
    assert ["success", "success"] == [run.outcome for run in ld.runs()]


def test_b1_conversation_pins_the_model_of_tracked_functions(ld: Any, openai: list[Any]) -> None:
    """Tracked functions of the same key inside the block get the pinned runner."""

    @tracked("managed")
    async def answer(question: str, model: ManagedModel) -> Any:
        return model

    async def chat() -> tuple[Any, Any]:
        with conversation("managed", USER):
            return await answer("q"), await answer("q")  # type: ignore[call-arg]

    first, second = asyncio.run(chat())
    assert first is second


def test_b1_conversation_with_a_disabled_config(ld: Any) -> None:
    """The guardrail holds here, too."""

    async def chat() -> None:
        async with conversation("off", USER) as model:
            with pytest.raises(ConfigDisabledError):
                await model.run("hi")

    asyncio.run(chat())


# --- B2, B3


def completion(**changes: Any) -> ChatCompletion:
    """A real chat completion object."""
    return ChatCompletion.model_validate({**BODY, **changes})


def test_b2_real_openai_client(ld: Any) -> None:
    """The real OpenAI client's response gives its tokens, and comes back itself."""
    with openai_server() as (url, _):
        client = OpenAI(base_url=url, api_key="k")

        @tracked(KEY)
        def answer(question: str, config: AICompletionConfig = inject()) -> ChatCompletion:
            assert config.model
            return client.chat.completions.create(
                model=config.model.name, messages=[{"role": "user", "content": question}]
            )

        assert "hello" == answer("q").choices[0].message.content
    run = only_run(ld)
    assert ("success", 11, 7, 18) == (run.outcome, run.input_tokens, run.output_tokens, run.total_tokens)


def test_b2_tool_calls_and_failures_that_the_package_cannot_see(ld: Any) -> None:
    """What the official reading leaves out or gets wrong is supplied."""
    call = {"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    with_tool = [{"index": 0, "finish_reason": "tool_calls", "message": message, "logprobs": None}]
    filtered = [{**BODY["choices"][0], "finish_reason": "content_filter"}]

    for choices in (with_tool, filtered):
        tracked(KEY)(lambda choices=choices: completion(choices=choices))()  # type: ignore[misc]
    tool_run, filtered_run = ld.runs()
    assert ("success", ["search"]) == (tool_run.outcome, list(tool_run.tool_calls))
    assert ("error", 18) == (filtered_run.outcome, filtered_run.total_tokens)


def test_b2_tier_is_told(ld: Any) -> None:
    """`explain` says tier 2 for a type with an installed provider package."""

    @tracked(KEY)
    def answer() -> ChatCompletion:
        return completion()

    assert 2 == explain(answer).tier
    assert "ldai_openai" in str(explain(answer))


def test_b3_extractor_option_and_registry(ld: Any) -> None:
    """`extractor=` wins over the registry; the registry serves the rest."""

    @tracked(KEY, extractor=lambda reply: LDAIMetrics(success=True, tokens=TokenUsage(total=2, input=1, output=1)))
    def own() -> Reply:
        return Reply()

    @tracked(KEY)
    def known() -> Reply:
        return Reply()

    own(), known()
    assert [2, 8] == [run.total_tokens for run in ld.runs()]
    assert [3, 3] == [explain(own).tier, explain(known).tier]


def test_b3_type_open_at_decoration_is_found_at_the_call(ld: Any) -> None:
    """Without an annotation the object returned decides, each time anew."""
    results: list[Any] = [Reply(), completion(), "text"]

    @tracked(KEY)
    def answer():  # type: ignore[no-untyped-def]
        return results.pop(0)

    for _ in range(3):
        answer()
    assert [8, 18, None] == [run.total_tokens for run in ld.runs()]


def test_b3_a_lying_annotation_does_not_matter(ld: Any) -> None:
    """The object counts, not what the annotation promised."""

    @tracked(KEY)
    def answer() -> ChatCompletion:
        return Reply()  # type: ignore[return-value]

    answer()
    assert 8 == only_run(ld).total_tokens


def test_b3_registering_later(ld: Any) -> None:
    """A type registered after the first call is read from then on."""

    class Late:
        pass

    @tracked(KEY)
    def answer() -> Late:
        return Late()

    answer()
    register_extractor(Late)(lambda late: LDAIMetrics(success=False))
    answer()
    assert ["success", "error"] == [run.outcome for run in ld.runs()]


def test_c1_users_registration_wins_and_subclasses_match(ld: Any) -> None:
    """A subclass of a registered class is read; a more specific registration wins."""

    class Special(Reply):
        pass

    assert (extractor_for(Special) or print)(Reply()) == read_reply(Reply())
    register_extractor(Special)(lambda reply: LDAIMetrics(success=False))
    tracked(KEY)(lambda: Special())()
    tracked(KEY)(lambda: Reply())()
    assert ["error", "success"] == [run.outcome for run in ld.runs()]
    assert registered()


# --- B4


def _generator() -> Iterator[Any]:
    yield from whole()


async def _async_generator() -> AsyncIterator[Any]:
    for chunk in whole():
        yield chunk


def _to_iterator() -> Iterator[Chunk]:
    return iter(whole())


def _by_hand(tracker: LDAIConfigTracker) -> None:
    tracker.track_success()


@pytest.mark.parametrize("function", [_generator, _async_generator, _to_iterator, _by_hand])
def test_b4_tier_four(function: Any) -> None:
    """Generators, annotated streams and functions that take the tracker are tier 4."""
    assert 4 == explain(tracked(KEY)(function)).tier


def test_b4_stream_without_annotation(ld: Any) -> None:
    """A stream that no annotation announced is still tracked as one."""

    @tracked(KEY)
    def answer():  # type: ignore[no-untyped-def]
        return Stream(whole())

    assert 4 == len(list(answer()))
    assert ("success", 8) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_b4_function_that_returns_now_a_stream_now_a_reply(ld: Any) -> None:
    """`stream=True` decides at the call."""

    @tracked(KEY)
    def answer(stream: bool) -> Any:
        return Stream(whole()) if stream else Reply()

    answer(False)
    list(answer(True))
    answer(False)
    assert [8, 8, 8] == [run.total_tokens for run in ld.runs()]
    assert [False, True, False] == [run.time_to_first_token_ms is not None for run in ld.runs()]


# --- B5


def test_b5_no_extractor_warns_once_per_site(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """One warning per call site names the type and the line that registers an extractor."""

    class Unknown:
        pass

    @tracked(KEY)
    def one() -> Unknown:
        return Unknown()

    @tracked(KEY)
    def two() -> Unknown:
        return Unknown()

    one(), one(), two()
    warned = [r.getMessage() for r in caplog.records if r.name == "ldtrack" and r.levelno == logging.WARNING]
    assert 2 == len(warned)
    assert all("Unknown" in text and "register_extractor" in text for text in warned)
    assert ["success"] * 3 == [run.outcome for run in ld.runs()]


def test_b5_no_warning_when_metrics_came_otherwise(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Joined calls and tracking by hand supply the metrics: nothing to warn about."""

    @tracked(KEY)
    def inner() -> Reply:
        return Reply()

    @tracked(KEY)
    def joined() -> Any:
        return {"answer": inner().text}

    @tracked(KEY)
    def by_hand() -> Any:
        current_run().tracker.track_tokens(TokenUsage(total=2, input=1, output=1))
        return object()

    joined(), by_hand()
    assert [] == [r.getMessage() for r in caplog.records if r.name == "ldtrack" and r.levelno == logging.WARNING]
    assert [8, 2] == [run.total_tokens for run in ld.runs()]


# --- B8


def test_b8_create_tracker_joins_the_run(ld: Any) -> None:
    """`create_tracker()` inside the run gives the run's own tracker while it has no duration and no outcome."""

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Reply:
        first = config.create_tracker()
        assert first is config.create_tracker() is current_run().tracker is current_run().config.create_tracker()
        first.track_success()
        assert first is not config.create_tracker()
        return Reply()

    answer()  # type: ignore[call-arg]
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_b8_fresh_tracker_after_the_run(ld: Any) -> None:
    """After the run has ended, and outside of it, trackers are fresh."""
    kept: list[Any] = []

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Reply:
        kept.append(config)
        return Reply()

    answer()  # type: ignore[call-arg]
    kept[0].create_tracker().track_success()
    assert 2 == len({run.run_id for run in ld.runs()})


def test_b8_no_reference_cycle(ld: Any) -> None:
    """A run is freed by reference counting alone, config and all."""
    import weakref

    kept: list[Any] = []

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Reply:
        kept.extend([weakref.ref(current_run()), weakref.ref(config)])
        return Reply()

    gc.collect()
    gc.disable()
    try:
        answer()  # type: ignore[call-arg]
        assert [None, None] == [reference() for reference in kept]
    finally:
        gc.enable()


@pytest.mark.parametrize("twice", [False, True])
def test_b8_tool_loop_written_by_hand(ld: Any, twice: bool) -> None:
    """Hand-written `track_metrics_of` in a loop: the first joins the run, later ones are runs of their own."""

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Any:
        result = None
        for _ in range(2 if twice else 1):
            result = config.create_tracker().track_metrics_of(read_reply, Reply)
        return result

    answer()  # type: ignore[call-arg]
    assert ["success"] * (2 if twice else 1) == [run.outcome for run in ld.runs()]
    assert [8] * (2 if twice else 1) == [run.total_tokens for run in ld.runs()]


def test_b4_function_that_tracks_by_hand_completely(ld: Any) -> None:
    """A function that did everything by hand gets nothing added."""

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker) -> str:
        tracker.track_duration(5)
        tracker.track_tokens(TokenUsage(total=3, input=1, output=2))
        tracker.track_error()
        return "text"

    answer()  # type: ignore[call-arg]
    run = only_run(ld)
    assert ("error", 1, 5, 3) == (run.outcome, outcome_count(run), run.duration_ms, run.total_tokens)


def test_b4_last_chunk_only(ld: Any) -> None:
    """A stream of a single terminal chunk is complete."""

    @tracked(KEY)
    def answer() -> Iterator[Chunk]:
        yield last()

    assert 1 == len(list(answer()))
    assert ("success", None) == (only_run(ld).outcome, only_run(ld).time_to_first_token_ms)
