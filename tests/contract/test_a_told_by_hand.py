"""A2, B5, D4: what a `track_stream` block is told, and what is tracked on its tracker."""

from __future__ import annotations

from typing import Any

import pytest
from ldai import LDAIClient

from contract.helpers import warnings_of
from ldtrack import track_stream
from support import KEY, USER, Chunk, last, only_run


@pytest.fixture
def tracker(ld: Any) -> Any:
    """A tracker that the app made."""
    return LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()


def test_d4_a_tool_call_tracked_on_the_blocks_own_tracker_is_not_sent_again(ld: Any, tracker: Any) -> None:
    """The app calls its tracker as it always did; the extractor saw the same call."""
    with track_stream(tracker) as s:
        for chunk in s.wrap(iter([Chunk(tool="search"), last()])):
            if chunk.tool:
                tracker.track_tool_call(chunk.tool)

    assert ["search"] == only_run(ld).tool_calls


def test_a2_tokens_told_by_hand_count_though_a_wrapped_stream_never_started(ld: Any, tracker: Any) -> None:
    """What the block was told is never thrown away."""
    with track_stream(tracker) as s:
        s.wrap(iter([last()]))
        s.tokens(input=1, output=2)

    assert 3 == only_run(ld).total_tokens


def test_b5_the_warning_names_what_registers_chunks(ld: Any, tracker: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The line that it advises would work: chunks are not responses."""

    class Piece:
        """A chunk that nobody reads."""

    with track_stream(tracker) as s:
        list(s.wrap(iter([Piece()])))

    (warning,) = warnings_of(caplog)
    assert f"@register_stream_extractor({Piece.__qualname__})" in warning
