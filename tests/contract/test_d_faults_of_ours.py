"""D3: whatever fails in tracking, the call goes on."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ldai import AICompletionConfig, AICompletionConfigDefault, LDAIClient
from ldai.tracker import LDAIConfigTracker
from openai import LengthFinishReasonError
from openai.types.chat import ChatCompletion

from contract.helpers import raising, warnings_of
from ldtrack import ConfigDisabledError, _results, _run, configure, current_run, tracked, use_context
from support import KEY, USER, Reply, only_run, outcome_count


@pytest.fixture
def config(ld: Any) -> Any:
    """A config as callers pass it."""
    return LDAIClient(ld.client).completion_config(KEY, USER)


def no_tracker() -> Any:
    """Stand for a factory that fails."""
    raise RuntimeError("no tracker")


def test_d3_a_config_whose_tracker_cannot_be_had(ld: Any, config: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The call runs untracked; trackers that its code asks for come from the config itself."""
    made = [no_tracker, config.create_tracker]

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Any:
        return config.create_tracker()

    tracker = answer(config=replace(config, create_tracker=lambda: made.pop(0)()))
    assert isinstance(tracker, LDAIConfigTracker)
    assert [] == ld.runs()
    assert any("tracker" in warning for warning in warnings_of(caplog))


def test_d3_a_tracker_that_can_do_nothing(ld: Any, config: Any) -> None:
    """However often it is tried, the result comes back."""

    class Broken(LDAIConfigTracker):
        def get_summary(self) -> Any:
            raise RuntimeError("no summary")

    tracker = config.create_tracker()
    tracker.__class__ = Broken
    reply = Reply()

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker) -> Reply:
        return reply

    assert reply is answer(tracker=tracker)
    assert [] == ld.runs()


def test_d3_a_fault_of_ours_at_the_end(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug in ldtrack is logged, not raised."""
    monkeypatch.setattr(_run, "figures_of", raising)

    assert "hi" == tracked(KEY)(lambda: "hi")()


@pytest.mark.parametrize("wrong", [True, False], ids=["fails", "works"])
def test_d3_an_evaluation_that_cannot_report_itself(ld: Any, monkeypatch: pytest.MonkeyPatch, wrong: bool) -> None:
    """The SDK's own usage event fails: the config is evaluated all the same, and the run recorded."""
    real = ld.client.track

    def track(key: str, *args: Any) -> None:
        if wrong and key.startswith("$ld:ai:usage"):
            raise RuntimeError("track is broken")
        real(key, *args)

    monkeypatch.setattr(ld.client, "track", track)

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> str:
        return str(config.model.name if config.model else None)

    assert "tiny-1" == answer()
    assert "success" == only_run(ld).outcome


def test_d3_a_malformed_variation_with_a_default_that_is_off(ld: Any) -> None:
    """A default that is not enabled is no way out: the fallback is, or else the error."""
    ld.set(KEY, {"_ldMeta": {"enabled": True}, "model": {"parameters": {}}}, unchecked=True)

    def answer(config: AICompletionConfig) -> str:
        raise AssertionError("the function ran")

    off = AICompletionConfigDefault(enabled=False)
    assert "sorry" == tracked(KEY, default=off, fallback=lambda: "sorry")(answer)()
    with pytest.raises(ConfigDisabledError, match="could not be evaluated"):
        tracked(KEY, default=off)(answer)()


def test_d1_a_disabled_config_that_the_caller_passes(ld: Any, config: Any) -> None:
    """The guardrail holds for it, too, and it needs no LaunchDarkly context."""

    def answer(config: AICompletionConfig) -> str:
        return "ran"

    configure(client=ld.client, context=None)
    off = replace(config, enabled=False)
    assert "ran" == tracked(KEY)(answer)(config=config)
    assert "sorry" == tracked(KEY, fallback=lambda config: "sorry")(answer)(config=off)
    with pytest.raises(ConfigDisabledError, match="that was passed"):
        tracked(KEY)(answer)(config=off)


class Unreadable:
    """Something whose fields cannot be had."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_c7_a_built_in_reading_that_fails(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It costs the tokens only, and is told once: also at later calls, which go to the reading directly."""
    response = ChatCompletion.construct(choices=[], usage=Unreadable())
    answer = tracked(KEY)(lambda: response)

    assert [response, response] == [answer(), answer()]
    assert [("success", None)] * 2 == [(run.outcome, run.total_tokens) for run in ld.runs()]
    assert 1 == len(warnings_of(caplog))


def test_b3_the_extractor_option_wins_over_a_built_in_reading(ld: Any) -> None:
    """The user's own reading is asked, at the second call, too."""
    response = ChatCompletion.construct(choices=[])
    seen: list[Any] = []
    tracked(KEY)(lambda: response)()
    tracked(KEY, extractor=seen.append)(lambda: response)()

    assert [response] == seen


def test_e5_an_exception_that_cannot_be_read(ld: Any) -> None:
    """The very exception comes through, and the run is an error without tokens."""
    error = LengthFinishReasonError(completion=ChatCompletion.construct(choices=[]))
    error.completion = Unreadable()  # type: ignore[assignment]

    @tracked(KEY)
    def answer() -> None:
        raise error

    with pytest.raises(LengthFinishReasonError) as caught:
        answer()
    assert error is caught.value
    assert ("error", None) == (only_run(ld).outcome, only_run(ld).total_tokens)


def test_c2_apps_that_make_types_as_they_go(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of types is bounded, and forgetting it changes nothing."""
    monkeypatch.setattr(_results, "_MOST_TYPES", 1)
    for number in range(3):
        made = type(f"Made{number}", (), {})()
        assert made is tracked(KEY)(lambda made=made: made)()

    assert ["success"] * 3 == [run.outcome for run in ld.runs()]


@pytest.mark.parametrize(("first", "second"), [("success", "error"), ("error", "success")])
def test_d7_two_outcomes_at_the_same_moment(ld: Any, monkeypatch: pytest.MonkeyPatch, first: str, second: str) -> None:
    """Another thread's outcome that comes between the SDK's look and its note is dropped."""
    real = getattr(LDAIConfigTracker, f"track_{first}")

    def interrupted(self: Any) -> None:
        getattr(self, f"track_{second}")()
        real(self)

    monkeypatch.setattr(LDAIConfigTracker, f"track_{first}", interrupted)

    @tracked(KEY)
    def answer() -> None:
        getattr(current_run().tracker, f"track_{first}")()

    answer()
    assert (first, 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))


def test_d4_a_second_outcome_by_hand(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It reaches the SDK, which says that it is skipped."""

    @tracked(KEY)
    def answer() -> None:
        current_run().tracker.track_success()
        current_run().tracker.track_error()

    answer()
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))
    assert any("Skipping" in record.getMessage() for record in caplog.records)


def test_b8_an_outer_config_inside_another_run(ld: Any) -> None:
    """The config of an outer call gives the outer run's tracker there, too."""

    @tracked("other")
    def inner(config: Any) -> bool:
        return config.create_tracker() is current_run().parent.tracker

    @tracked(KEY)
    def outer() -> bool:
        return inner(current_run().config)

    assert outer() is True


def test_f2_a_body_has_the_context_of_its_call(ld: Any) -> None:
    """A tracked call in a generator's body has the ambient context that the generator was made in."""
    from ldclient import Context

    @tracked("other")
    def inner() -> str:
        return str(current_run().context.key)

    @tracked(KEY)
    def outer() -> Iterator[str]:
        yield inner()

    with use_context(Context.create("ada")):
        made = outer()
    assert ["ada"] == list(made)


def test_f1_functions_made_with_types_coroutine_are_refused() -> None:
    """The message says what to write."""

    @types.coroutine
    def old() -> Iterator[None]:
        yield

    with pytest.raises(TypeError, match="async def"):
        tracked(KEY)(old)


class Torn:
    """A response whose body cannot be looked at."""

    @property
    def body_iterator(self) -> Any:
        raise RuntimeError("no body")


def test_d3_a_result_that_cannot_be_examined(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It comes back itself, its run is a success, and the fault is told once."""
    torn = Torn()
    answer = tracked(KEY)(lambda: torn)

    assert [torn, torn] == [answer(), answer()]
    assert ["success"] * 2 == [run.outcome for run in ld.runs()]
    (warning,) = warnings_of(caplog)
    assert "the result could not be examined; it was passed on as it is (RuntimeError at " in warning


def test_d3_strict_raises_what_cannot_be_examined(ld: Any) -> None:
    """A test that runs strictly sees the fault."""
    configure(strict=True)

    with pytest.raises(RuntimeError, match="no body"):
        tracked(KEY)(lambda: Torn())()
