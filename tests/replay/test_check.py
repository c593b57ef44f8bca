"""What counts as a mismatch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ldclient import Context

from ldtrack.local import RunRecord
from ldtrack.replay._cases import Case, Driver, Expected, Recorded
from ldtrack.replay._check import checks
from ldtrack.replay.sdks.openai import SDK
from recorded import expected

RIGHT: dict[str, Any] = {
    "outcome": "success",
    "duration_ms": 5,
    "input_tokens": 3,
    "output_tokens": 4,
    "total_tokens": 7,
}


class SomebodysError(Exception):
    """Not an SDK's."""


class SdkError(Exception):
    """An SDK's, by its module."""

    __module__ = "openai._exceptions"


def wrong(
    status: int = 200,
    raised: Exception | None = None,
    runs: int = 1,
    said: Any = None,
    tokens_visible: bool = True,
    *,
    unseen: tuple[str, ...] = (),
    **run: Any,
) -> list[str]:
    """Return what does not match, for a run with these values."""
    own = Case(
        id="own.1",
        provider="openai",
        endpoint="chat.completions",
        streaming=False,
        path="/",
        request={},
        steps=[Recorded(status, {}, b"")],
        tools=[],
        expected=Expected(**expected(**(said or {}))),
        drivers={"openai": Driver(["sync"], tokens_visible)},
    )
    record = RunRecord("replay", "run-1", Context.create("user"), **{**RIGHT, **run})
    sdk = replace(SDK, unseen=lambda _case: unseen)
    return [check.what for check in checks(own, "openai", sdk, [record] * runs, raised) if not check.passed]


def test_what_is_as_expected_passes():
    """Nothing is wrong."""
    assert wrong() == []


@pytest.mark.parametrize(
    ("what", "run"),
    [
        ("input tokens", {"input_tokens": 2}),
        ("output tokens", {"output_tokens": None}),
        ("total tokens", {"total_tokens": 8}),
        ("outcome", {"outcome": "error"}),
        ("outcome", {"outcome": None}),
        ("tool calls", {"tool_calls": ["search"]}),
        ("first token", {"time_to_first_token_ms": 9}),
        ("duration", {"duration_ms": None}),
    ],
)
def test_each_wrong_value_is_named(what, run):
    """A wrong value is a mismatch of its own kind."""
    assert [what] == wrong(**run)


@pytest.mark.parametrize(("milliseconds", "found"), [(None, ["first token"]), (1, ["first token"]), (4, [])])
def test_first_token_has_to_wait_for_the_server(milliseconds, found):
    """A time to first token that is missing, or shorter than the server's pause, is wrong."""
    assert found == wrong(said={"ttft_expected": True}, time_to_first_token_ms=milliseconds)


def test_tokens_that_were_not_reported_must_not_be_sent():
    """What the provider did not say is no event, and zero is the same as none."""
    silent = {"usage_reported": False, "input": None, "output": None, "total": None}
    nothing = {"input_tokens": None, "output_tokens": 0, "total_tokens": None}

    assert [] == wrong(said=silent, **nothing)
    assert ["input tokens"] == wrong(said=silent, **{**nothing, "input_tokens": 3})


def test_other_defensible_values_pass():
    """`alt` has more values that are right."""
    said = {"alt": {"input": [30], "tool_calls": [["search"]], "success": [False], "total": [33]}}

    assert [] == wrong(said=said, input_tokens=30, tool_calls=["search"], outcome="error", total_tokens=33)


def test_what_nobody_can_know_is_not_checked():
    """`unscored` fields are left out."""
    assert [] == wrong(said={"unscored": ["input"]}, input_tokens=99)


def test_tokens_on_a_chunk_that_the_sdk_raises_are_not_seen():
    """An error in the middle of a stream takes the usage of its chunk along, if there is one."""
    nothing = {"input_tokens": None, "output_tokens": None, "total_tokens": None}
    failed = {"said": {"success": False}, "outcome": "error"}

    assert [] == wrong(raised=SdkError(), **failed, **nothing)
    assert [] == wrong(raised=SdkError(), **failed)
    assert 3 == len(wrong(**failed, **nothing))


def test_one_call_is_one_run():
    """No run and two runs are wrong."""
    assert ["runs"] == wrong(runs=0)
    assert ["runs"] == wrong(runs=2)


@pytest.mark.parametrize(
    ("status", "success", "raised", "found"),
    [
        (200, True, None, []),
        (200, True, SdkError(), ["exception"]),
        (200, False, SdkError(), []),
        (404, False, SdkError(), []),
        (404, False, None, ["exception"]),
        (404, False, SomebodysError(), ["exception"]),
    ],
)
def test_exceptions_are_the_sdks_own(status, success, raised, found):
    """An HTTP error arrives as the SDK's exception; nothing else is raised."""
    outcome = "success" if success else "error"

    assert found == wrong(status, raised, said={"success": success}, outcome=outcome)


def test_counts_that_the_sdk_hides_may_be_missing():
    """Where the SDK's object does not carry the counts, none is right too."""
    assert [] == wrong(tokens_visible=False, input_tokens=None, output_tokens=None, total_tokens=None)
    assert ["input tokens"] == wrong(tokens_visible=False, input_tokens=2)


def test_what_an_sdk_does_not_carry_may_be_missing():
    """Tool names inside a body that only the caller may read are missed by nobody, but must not be wrong."""
    called = {"tool_calls": ["ask"]}

    assert [] == wrong(said=called, unseen=("tool_calls",))
    assert ["tool calls"] == wrong(said=called, unseen=("tool_calls",), tool_calls=["tell"])
    assert ["tool calls"] == wrong(said=called)
