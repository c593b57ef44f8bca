"""D4: what was tracked by hand stands, and is completed."""

from __future__ import annotations

from typing import Any

import pytest
from ldai import AICompletionConfig, LDAIClient
from ldai.tracker import LDAIConfigTracker, TokenUsage

from ldtrack import (
    configure,
    current_run,
    tracked,
)
from support import (
    KEY,
    USER,
    Reply,
    keys,
    only_run,
    outcome_count,
)

pytestmark = pytest.mark.anyio


def test_d4_partial_manual_tracking_is_completed(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What the function tracked by hand stands, what is missing is added, and the SDK never skips anything."""

    @tracked(KEY)
    def answer(tracker: LDAIConfigTracker) -> Reply:
        tracker.track_tokens(TokenUsage(total=30, input=10, output=20))
        tracker.track_tool_call("by-hand")
        tracker.track_time_to_first_token(7)
        return Reply(tools=("from-response",))

    answer()
    run = only_run(ld)
    assert ("success", 10, 20, 30, 7) == (
        run.outcome,
        run.input_tokens,
        run.output_tokens,
        run.total_tokens,
        run.time_to_first_token_ms,
    )
    assert ["by-hand"] == list(run.tool_calls)
    assert run.duration_ms is not None
    assert "Skipping" not in caplog.text


@pytest.mark.parametrize("method", ["track_success", "track_error"])
def test_d4_outcome_by_hand_stands(ld: Any, method: str, caplog: pytest.LogCaptureFixture) -> None:
    """An outcome recorded by hand is the only one."""

    @tracked(KEY)
    def answer() -> Reply:
        getattr(current_run().tracker, method)()
        return Reply()

    answer()
    run = only_run(ld)
    assert (method[6:], 1, 8) == (run.outcome, outcome_count(run), run.total_tokens)
    assert "Skipping" not in caplog.text


def test_d4_metrics_of_by_hand_inside(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Existing hand-written tracking code inside a decorated function is neither repeated nor skipped."""
    from support import read_reply

    @tracked(KEY)
    def answer(config: AICompletionConfig) -> Any:
        return config.create_tracker().track_metrics_of(read_reply, Reply)

    answer()
    run = only_run(ld)
    expected = ["duration:total", "generation:success", "tokens:input", "tokens:output", "tokens:total"]
    assert [f"$ld:ai:{name}" for name in expected] == sorted(keys(run))
    assert "Skipping" not in caplog.text


def test_d4_a_failing_call_after_success_by_hand(ld: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An exception after a success by hand does not add a second outcome."""

    @tracked(KEY)
    def answer() -> Reply:
        current_run().tracker.track_success()
        raise ValueError

    with pytest.raises(ValueError):
        answer()
    assert ("success", 1) == (only_run(ld).outcome, outcome_count(only_run(ld)))
    assert "Skipping" not in caplog.text


def test_d4_ldai_client_is_taken_as_it_is(ld: Any) -> None:
    """An `LDAIClient` given to `configure` is used itself."""
    configure(client=LDAIClient(ld.client), context=USER)

    tracked(KEY)(lambda: Reply())()
    assert "success" == only_run(ld).outcome
