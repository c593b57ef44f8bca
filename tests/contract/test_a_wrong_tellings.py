"""A4, A2, D5: what is told by hand is checked at once, since LaunchDarkly would take it for something else."""

from __future__ import annotations

from typing import Any

import pytest
from ldai import LDAIClient

from contract.helpers import warnings_of
from ldtrack import current_run, send_feedback, track_stream, tracked
from support import KEY, USER, Reply, only_run


class ToolCall:
    """What the SDKs hand out: the name stands in it, beside the arguments."""

    name = "search"
    arguments = "SECRET"


NO_NAMES = [ToolCall(), {"name": "search", "arguments": "SECRET"}, ["search"], None, 7]


@pytest.mark.parametrize("wrong", NO_NAMES, ids=lambda wrong: type(wrong).__name__)
def test_a4_a_tool_call_is_told_by_its_name(ld: Any, wrong: Any) -> None:
    """Anything but a string is a TypeError, while the run is open, after it, and in a block."""
    runs: list[Any] = []

    @tracked(KEY)
    def answer() -> Reply:
        runs.append(current_run())
        with pytest.raises(TypeError, match=rf"not {type(wrong).__name__}: pass call.function.name"):
            current_run().tool_call(wrong)
        with track_stream() as s, pytest.raises(TypeError, match=r"pass call.function.name"):
            s.tool_call(wrong)
        return Reply()

    answer()
    with pytest.raises(TypeError, match=r"pass call.function.name"):
        runs[0].tool_call(wrong)

    assert not only_run(ld).tool_calls


def test_d5_the_tracker_of_a_run_sends_names_of_tools_only(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Content on the SDK's own method would cost a whole batch of events: it is dropped, and said once."""

    @tracked(KEY)
    def answer() -> Reply:
        for told in (ToolCall(), ToolCall(), "lookup"):
            current_run().tracker.track_tool_call(told)
        return Reply(tools=("search",))

    answer()
    assert ["lookup"] == only_run(ld).tool_calls
    assert ["track_tool_call takes the tool's name: a ToolCall was not sent"] == warnings_of(caplog)


@pytest.mark.parametrize("wrong", ["down", -1, 0, 1, None], ids=repr)
def test_a4_feedback_is_true_or_false(ld: Any, wrong: Any) -> None:
    """A word or a number could be read as its opposite: it is a TypeError, and nothing is recorded."""
    runs: list[Any] = []
    tracked(KEY)(lambda: runs.append(current_run()))()

    with pytest.raises(TypeError, match="positive="):
        runs[0].feedback(positive=wrong)
    with pytest.raises(TypeError, match="positive="):
        send_feedback(runs[0].resumption_token, positive=wrong)
    assert only_run(ld).feedback is None


def test_a2_a_tool_told_in_a_block_is_sent(ld: Any) -> None:
    """Strings, and what derives from them, are names."""

    class Name(str):
        __slots__ = ()

    with track_stream(LDAIClient(ld.client).completion_config(KEY, USER).create_tracker()) as s:
        s.tool_call(Name("search"))
    assert ["search"] == only_run(ld).tool_calls
