"""D1, D6, D3: configs that LaunchDarkly did not serve, or that nobody can read, on every tier."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from ldai import (
    AICompletionConfig,
    AICompletionConfigDefault,
    LDAIClient,
    ManagedModel,
    ModelConfig,
    ProviderConfig,
)
from ldclient import Context, LDClient
from ldclient.config import Config

from contract.helpers import BROKEN, never, warnings_of
from ldtrack import ConfigDisabledError, configure, tracked
from support import KEY, USER, Reply

SPARE = AICompletionConfigDefault(enabled=True, model=ModelConfig("spare"), provider=ProviderConfig("openai"))


async def sorry(model: Any = None) -> str:
    """Answer instead."""
    return "sorry"


def managed(key: str, **options: Any) -> Any:
    """A function that takes a managed runner."""

    @tracked(key, **options)
    async def answer(model: ManagedModel) -> str:
        return str((await model.run("hi")).content)

    return answer


def test_d6_a_fallback_does_not_hide_a_slip_of_the_key(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Once per key, and not for a config that is switched off on purpose."""
    for key in ("missing", "missing", "off"):
        assert "fallback" == tracked(key, fallback=lambda: "fallback")(never)()

    (warning,) = warnings_of(caplog)
    assert "'missing' was not found" in warning
    assert "`fallback=`" in warning


def test_d6_a_managed_function_tells_of_the_slip_too(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Asking why a config gave no runner is not counted as a use of it."""
    before = len(ld.events)

    assert "sorry" == asyncio.run(managed("missing", fallback=sorry)())
    usage = [event.key for event in ld.events[before:] if event.key.startswith("$ld:ai:usage:")]
    assert 1 == len(warnings_of(caplog))
    assert len(usage) == len(set(usage))


@pytest.mark.parametrize("unserved", ["send", "drop"])
def test_d6_a_managed_function_on_its_default(
    ld: Any, openai: list[Any], caplog: pytest.LogCaptureFixture, unserved: Any
) -> None:
    """It is warned of, and counted or not, as any other."""
    configure(unserved=unserved)

    assert "hello" == asyncio.run(managed("missing", default=SPARE)())
    (warning,) = warnings_of(caplog)
    assert "'missing' was not found" in warning
    assert (["success"] if unserved == "send" else []) == [run.outcome for run in ld.runs()]


@pytest.mark.parametrize("options", [{}, {"fallback": sorry}, {"default": SPARE}])
def test_d3_strict_raises_what_a_malformed_variation_raises_on_tier_1(ld: Any, options: Any) -> None:
    """Neither a fallback nor a default hides it from a test."""
    ld.set("managed", BROKEN, unchecked=True)
    configure(strict=True)

    with pytest.raises(Exception) as caught:
        asyncio.run(managed("managed", **options)())
    assert not isinstance(caught.value, ConfigDisabledError)


def test_d3_a_malformed_variation_on_tier_1_is_the_cause(ld: Any) -> None:
    """Without a fallback, the error says where it comes from."""
    ld.set("managed", BROKEN, unchecked=True)

    with pytest.raises(ConfigDisabledError, match="could not be evaluated") as caught:
        asyncio.run(managed("managed")())
    assert isinstance(caught.value.__cause__, Exception)


def test_d1_an_offline_client_is_told_apart() -> None:
    """It never finds a config, whatever its key."""
    with LDClient(Config("sdk-key", offline=True)) as client:
        configure(client=client, context=USER)
        with pytest.raises(ConfigDisabledError, match="client is offline"):
            tracked(KEY)(never)()


def test_d1_a_default_that_is_off_is_said(ld: Any) -> None:
    """Else the reader would look for it in vain."""
    with pytest.raises(ConfigDisabledError, match=r"not found.*`default=` is off"):
        tracked("missing", default=AICompletionConfigDefault(enabled=False))(never)()
    with pytest.raises(ConfigDisabledError) as caught:
        tracked("missing")(never)()
    assert "default=" not in caught.value.reason


def test_a1_an_invalid_context_is_said_twice(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """In the log, and in the error of the call that it kept from running."""
    invalid = Context.create("")
    tracked_call = tracked(KEY, context=lambda: invalid)(never)

    with pytest.raises(ConfigDisabledError, match="valid LaunchDarkly context"):
        tracked_call()
    (warning,) = warnings_of(caplog)
    assert "context is not valid" in warning


def test_d1_a_config_of_another_make_that_is_off(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tells nothing of where it came from, and stops the call all the same."""
    config = SimpleNamespace(enabled=False, create_tracker=never)
    monkeypatch.setattr(LDAIClient, "completion_config", lambda *_args: config)

    assert "fallback" == tracked(KEY, fallback=lambda: "fallback")(never)()


def test_d1_a_config_that_is_off_and_was_passed(ld: Any) -> None:
    """The fallback answers, too."""
    off = LDAIClient(ld.client).completion_config("off", USER)

    def answer(config: AICompletionConfig) -> Reply:
        return Reply(never())

    assert "fallback" == tracked(KEY, fallback=lambda config: "fallback")(answer)(config=off)
    assert [] == ld.runs()
