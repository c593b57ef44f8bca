"""What `ldtrack verify` says of what was recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from ldtrack.local._events import EventKey
from ldtrack.verify._answer import Answer
from ldtrack.verify._checks import checks_of
from ldtrack.verify._runs import Findings

SUCCESS, ERROR = (EventKey.SUCCESS, 1), (EventKey.ERROR, 1)
DURATION, FIRST_TOKEN = (EventKey.DURATION, 90), (EventKey.TIME_TO_FIRST_TOKEN, 30)
TOKENS = [(EventKey.INPUT_TOKENS, 4), (EventKey.OUTPUT_TOKENS, 3), (EventKey.TOTAL_TOKENS, 7)]
WHOLE = [DURATION, SUCCESS, *TOKENS]


def answer(*runs: Iterable[tuple[str, float]], key: str = "chat", **fields: Any) -> Answer:
    """What a call answers that recorded these runs."""
    recorded = [
        (event, {"configKey": key, "runId": f"run-{number}"}, value, [("user", "u")], 0)
        for number, events in enumerate(runs)
        for event, value in events
    ]
    return Answer(config_key="chat", events=recorded, **fields)


def cures(
    whole: Answer, failing: Answer | None = None, interrupted: Answer | None = None, *, forced: int = 1
) -> dict[str, str]:
    """What has to be mended, by what it is missing in."""
    found = checks_of(Findings(whole, failing or answer([DURATION, ERROR]), forced, interrupted))
    return {
        f"{call}: {check.name} {check.seen}": check.cure
        for call, checks in found.items()
        for check in checks
        if check.cure
    }


def test_nothing_is_missing() -> None:
    """Of a stream that was also left early."""
    assert {} == cures(answer([*WHOLE, FIRST_TOKEN], streams=True), None, answer([DURATION, SUCCESS, FIRST_TOKEN]))


@pytest.mark.parametrize(
    ("whole", "missing"),
    [
        (answer(), "runs none"),
        (answer(WHOLE, key="other"), "runs none"),
        (answer(WHOLE, WHOLE), "runs 2"),
        (answer([DURATION, *TOKENS]), "outcome none"),
        (answer([*WHOLE, ERROR]), "outcome success and error"),
        (answer([DURATION, ERROR, *TOKENS]), "outcome error"),
        (answer([SUCCESS, *TOKENS]), "duration none"),
        (answer([DURATION, SUCCESS]), "tokens – / – / – in / out / total"),
        (answer([DURATION, SUCCESS, TOKENS[2]]), "tokens – / – / 7 in / out / total"),
        (answer(WHOLE, streams=True), "time to first token none"),
        (answer(raised="KeyError"), "the call raised KeyError"),
    ],
)
def test_what_is_missing_of_the_whole_call(whole: Answer, missing: str) -> None:
    """One line, with one cure."""
    assert [f"to the end: {missing}"] == list(cures(whole))


def test_what_has_no_output_lacks_none() -> None:
    """Such as embeddings."""
    assert {} == cures(answer([DURATION, SUCCESS, (EventKey.INPUT_TOKENS, 7), (EventKey.TOTAL_TOKENS, 7)]))


@pytest.mark.parametrize(
    ("failing", "forced", "missing"),
    [
        (answer(raised="InternalServerError"), 1, "runs none"),
        (answer(WHOLE), 1, "outcome success, since the function swallowed the exception"),
        (answer([DURATION, SUCCESS], raised="InternalServerError"), 1, "outcome success"),
        (answer([ERROR], raised="InternalServerError"), 1, "duration none"),
        (answer(WHOLE), 0, "the error was not forced: no request reached the failing server"),
    ],
)
def test_what_is_missing_of_the_call_that_fails(failing: Answer, forced: int, missing: str) -> None:
    """One line, with one cure."""
    assert [f"with an error of the provider: {missing}"] == list(cures(answer(WHOLE), failing, forced=forced))


@pytest.mark.parametrize(
    ("fields", "cure"),
    [
        ({"packages": ["openai", "xai_sdk"]}, "xai_sdk takes its address as an argument only"),
        ({"packages": ["openai"], "raised": "OpenAIError"}, "the call raised OpenAIError before it sent anything"),
        ({"packages": ["openai"]}, "the function gives its SDK an address of its own"),
    ],
)
def test_why_an_error_was_not_forced(fields: dict[str, Any], cure: str) -> None:
    """By what is known of the call."""
    (told,) = cures(answer(WHOLE), answer(**fields), forced=0).values()
    assert told.startswith(cure)


def test_what_is_missing_of_the_stream_that_is_left_early() -> None:
    """Its outcome is a matter of `interrupted=`; that it has one is not."""
    whole = answer([*WHOLE, FIRST_TOKEN], streams=True)
    assert {} == cures(whole, None, answer([DURATION, ERROR, FIRST_TOKEN]))
    assert [f"left early: {missing}" for missing in ("outcome none", "time to first token none")] == list(
        cures(whole, None, answer([DURATION]))
    )
