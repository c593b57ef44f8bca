"""The recorded traffic of real providers, through the real SDKs, decorated."""

from __future__ import annotations

from ldtrack.replay._cases import load
from ldtrack.replay._play import replay
from ldtrack.replay.sdks import sdk_of


def test_every_case_that_an_sdk_here_takes_is_recorded_as_expected(corpus):
    """Every token count, outcome and tool name is as expected, in every shape, sync and async; TTFT where expected."""
    recording = load(corpus, sdk_of)

    report = replay(recording, lambda _done, _total: None)

    assert [] == [str(mismatch) for mismatch in report.mismatches]
    assert len(recording.cases) == sum(len(row.cases) for row in report.rows.values())
