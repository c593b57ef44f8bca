"""Stream extractors for chunks that no provider's reading serves (C8, E4)."""

from __future__ import annotations

from typing import Any

import pytest
from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._folds import Each, LatestFields, Truthy
from ldtrack._metrics import read

TOKENS = TokenUsage(total=12, input=7, output=5)


class Array:
    """Has no truth value, as NumPy's."""

    def __bool__(self) -> bool:
        raise ValueError


@pytest.mark.parametrize(
    ("chunk", "expected"), [("hi", True), ("", False), (None, False), (0, False), (b"x", True), (Array(), True)]
)
def test_e4_the_first_chunk_that_is_something_is_output(chunk, expected):
    """The truth value decides; what has none is something."""
    assert expected is Truthy().feed(chunk)
    assert Truthy().result() is None
    assert not hasattr(Truthy(), "complete")


def test_c8_latest_fields_win():
    """A plain function is called with each chunk; a later empty field leaves the earlier one."""
    told = {
        "a": None,
        "b": LDAIMetrics(success=False, tokens=TokenUsage(total=1, input=1, output=0), duration_ms=3),
        "c": LDAIMetrics(success=True, tokens=TOKENS, tool_calls=["f"]),
        "d": LDAIMetrics(success=True, tokens=TokenUsage(total=0, input=0, output=0), duration_ms=0),
    }
    fold = LatestFields(told.get)

    assert [True] * 4 == [fold.over(Truthy().feed)(chunk) for chunk in told]
    assert LDAIMetrics(success=True, tokens=TOKENS, tool_calls=["f"], duration_ms=0) == fold.result()
    assert (
        LDAIMetrics(success=True, tokens=TOKENS, tool_calls=["f"]) == told["c"]
    )  # the user's objects stay as they are


def test_c8_a_function_that_never_tells_anything():
    """Nothing told is no metrics."""
    fold = LatestFields(lambda _: None)
    fold.over(Truthy().feed)("a")

    assert fold.result() is None


def test_c8_the_chunks_own_extractor_tells_output():
    """The function tells the metrics only."""
    fold = LatestFields(lambda _: read(tokens=TOKENS))
    feed = fold.over(lambda chunk: chunk == "output")

    assert [False, True] == [feed("other"), feed("output")]


def test_c7_a_function_that_fails_costs_only_what_it_would_have_read(caplog):
    """One warning names it; chunks that it can read still count."""

    def fragile(chunk: Any) -> Any:
        return LDAIMetrics(success=True, tokens=chunk["tokens"])

    fold = LatestFields(fragile)
    feed = fold.over(Truthy().feed)
    for chunk in ({}, {"tokens": TOKENS}, {}, {"tokens": 42}):
        feed(chunk)

    assert TOKENS == fold.result().tokens
    assert 2 == len([record for record in caplog.records if record.levelname == "WARNING"])
    assert "fragile failed on a chunk (KeyError at " in caplog.text


def test_c8_items_that_tell_nothing_count_as_output_only():
    """A response whose extractor returns None adds nothing."""
    fold = Each(lambda _: None)

    assert fold.feed("a")
    assert read() == fold.result()
