"""What extractors return is checked (C7)."""

from __future__ import annotations

import math
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._checked import checked
from ldtrack._metrics import Reading, add_tokens, combined, count, outcome_in, read, token_usage

TOKENS = TokenUsage(total=12, input=7, output=5)


class Count(IntEnum):
    """A whole number of another class."""

    SEVEN = 7


def extract() -> None:
    """Stand for an extractor, to be named."""


def metrics(**changes: Any) -> LDAIMetrics:
    """Return good metrics, with changes."""
    known: dict[str, Any] = {"success": True, "tokens": TOKENS, "tool_calls": ["a"], "duration_ms": 9}
    return LDAIMetrics(**{**known, **changes})


@pytest.mark.parametrize("good", [metrics(), LDAIMetrics(success=False), read(None), None])
def test_c7_good_metrics_pass_as_they_are(good, caplog):
    """The very same object comes back, without a word."""
    assert good is checked(good, extract)
    assert [] == caplog.records


@pytest.mark.parametrize("number", [-1, 1.5, True, math.nan, math.inf, "7", None, Decimal(7), 7j])
@pytest.mark.parametrize("field", ["total", "input", "output"])
def test_c7_impossible_counts_cost_the_tokens_only(field, number, caplog):
    """The rest is kept, and one warning names the extractor."""
    wrong = TokenUsage(**{"total": 12, "input": 7, "output": 5, field: number})

    assert metrics(tokens=None) == checked(metrics(tokens=wrong), extract) == checked(metrics(tokens=wrong), extract)
    assert ["WARNING"] == [record.levelname for record in caplog.records if record.levelno > 10]
    assert f"extractor {__name__}.extract returned a token count" in caplog.text


@pytest.mark.parametrize("number", [7.0, Count.SEVEN])
def test_c7_whole_numbers_of_other_classes_are_converted(number):
    """Cohere counts in floats: 7.0 is 7."""
    kept = checked(metrics(tokens=TokenUsage(total=12, input=number, output=5)), extract)

    assert metrics() == kept
    assert int is type(kept.tokens.input)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tokens", {"input": 7}),
        ("tool_calls", "search"),
        ("tool_calls", [1]),
        ("duration_ms", -1),
        ("duration_ms", math.nan),
        ("duration_ms", True),
        ("duration_ms", "9"),
    ],
)
def test_c7_values_of_the_wrong_type_are_dropped(field, value, caplog):
    """Each costs itself only."""
    assert metrics(**{field: None}) == checked(metrics(**{field: value}), extract)
    assert 1 == len(caplog.records)


def test_c7_fractions_of_a_millisecond_are_floored():
    """A clock's float is a duration; whole milliseconds are sent."""
    assert metrics(duration_ms=9) == checked(metrics(duration_ms=9.9), extract)


@pytest.mark.parametrize("value", [42, "text", {"success": True}])
def test_c7_something_else_counts_as_nothing(value, caplog):
    """What is no LDAIMetrics is taken for None, with a warning that names its type."""
    assert checked(value, extract) is None
    assert f"returned {type(value).__name__} instead of LDAIMetrics or None" in caplog.text


def test_c7_an_outcome_survives_the_check():
    """A reading stays a reading."""
    wrong = Reading(success=False, tokens=TokenUsage(total=-1, input=0, output=0), outcome=None)

    assert read(None) == checked(wrong, extract)


class Unfriendly:
    """Can neither be compared nor taken for true or false."""

    def __bool__(self) -> bool:
        raise ValueError

    def __eq__(self, other: object) -> bool:
        raise ValueError

    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("success", ["no", None, Unfriendly(), [], 2])
def test_c7_a_success_that_is_no_bool(success, caplog):
    """The call returned, and nothing says that it failed; the tokens are kept."""
    assert metrics() == checked(metrics(success=success), extract)
    assert 1 == len(caplog.records)


@pytest.mark.parametrize(("success", "expected"), [(1, True), (0, False), (Decimal(0), False)])
def test_c7_a_success_that_is_as_good_as_a_bool(success, expected, caplog):
    """NumPy has bools of its own, databases have 1 and 0."""
    assert expected is checked(metrics(success=success), extract).success
    assert [] == caplog.records


@pytest.mark.parametrize("success", [True, False])
@pytest.mark.parametrize("outcome", ["ok", 1, Unfriendly()])
def test_c7_an_outcome_that_does_not_exist(outcome, success, caplog):
    """`success` tells it instead, and the tokens are kept."""
    expected = read("success" if success else "error", TOKENS)
    kept = checked(Reading(success=success, tokens=TOKENS, outcome=outcome), extract)

    assert (outcome_in(expected), TOKENS) == (outcome_in(kept), kept.tokens)
    assert 1 == len(caplog.records)


def test_c7_what_an_async_extractor_returned_is_dropped_without_a_word_of_pythons():
    """One warning is enough."""

    async def later() -> Any:
        """Be a coroutine function."""

    assert checked(later(), extract) is None


def test_c7_objects_are_named_after_their_class(caplog):
    """A callable object or a stream extractor has no name of its own."""

    class Extractor:
        pass

    checked(42, Extractor())

    assert "Extractor returned int" in caplog.text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        (7.0, 7),
        (Count.SEVEN, 7),
        (-1, 0),
        (-1.5, 0),
        (True, 0),
        (math.nan, 0),
        (math.inf, 0),
        ("7", 0),
        (None, 0),
    ],
)
def test_c6_providers_counts(value, expected):
    """What a provider sends is made a whole number; what is none is nothing."""
    assert expected == count(value)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((7, 5, 99), TOKENS),
        ((7, 5), TOKENS),
        ((7, None, 12), TokenUsage(total=12, input=7, output=0)),
        ((7, 0), TokenUsage(total=7, input=7, output=0)),
        ((None, None, 12), TokenUsage(total=12, input=0, output=0)),
        ((0, 0, 0), None),
        ((None, None), None),
    ],
)
def test_c6_total_is_the_sum_where_both_are_known(counts, expected):
    """Else it is what the provider says; nothing known is no tokens, never zero."""
    assert expected == token_usage(*counts)


def test_c8_several_readings_make_one():
    """Counts and names add up; the last one's outcome and duration hold."""
    one = LDAIMetrics(success=False, tokens=TOKENS, tool_calls=["a"], duration_ms=9)
    other = LDAIMetrics(success=True, tokens=TOKENS)
    both = read("success", TokenUsage(total=24, input=14, output=10), ["a"])
    both.duration_ms = 9

    assert both == combined([one, None, other])
    assert "error" == combined([other, one]).outcome
    assert combined([read(), read(None)]).outcome is None
    assert one is combined([None, one])
    assert combined([None]) is None


def test_c6_tokens_add_up_where_they_are_known():
    """Unknown tokens add nothing."""
    assert TOKENS is add_tokens(TOKENS, None) is add_tokens(None, TOKENS)
    assert add_tokens(None, None) is None
