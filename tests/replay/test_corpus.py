"""The recorded traffic of real providers, through the real SDKs, decorated."""

from __future__ import annotations

from pathlib import Path

import pytest

from ldtrack.replay._cases import load
from ldtrack.replay._play import replay
from ldtrack.replay.sdks import MODULES, sdk_of


@pytest.mark.parametrize("module", sorted(set(MODULES.values())))
def test_every_case_that_an_sdk_takes_is_recorded_as_expected(corpus: Path, module: str) -> None:
    """Every token count, outcome and tool name is as expected, in every shape, sync and async; TTFT where expected."""
    drivers = [driver for driver, its in MODULES.items() if its == module and sdk_of(driver) is not None]
    if not drivers:
        pytest.skip(f"the SDK of {module} is not installed here")
    recording = load(corpus, drivers.__contains__)

    report = replay(recording, lambda _done, _total: None)

    assert [] == [str(mismatch) for mismatch in report.mismatches]
    assert len(recording.cases) == sum(len(row.cases) for row in report.rows.values()) > 0
