"""A thousand events a second for a minute, from several processes, while somebody looks."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from monitor_command import MonitorCommand, monitored_app

SECONDS = 60
PROCESSES = 4
RUNS_A_SECOND = 50
EVENTS_OF_A_RUN = 5


def resident_mb(monitor: MonitorCommand) -> float:
    """The memory of the monitor's process."""
    status = Path(f"/proc/{monitor.process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


@pytest.mark.slow
def test_nothing_is_lost_and_memory_is_flat(monitor: MonitorCommand, visit: Callable[..., Page]) -> None:
    """Each run is counted once; the second half of the minute needs no more memory than the first."""
    page = visit(monitor.address)
    begun = time.monotonic()
    with ExitStack() as stack:
        apps = [
            stack.enter_context(monitored_app(monitor.address, SECONDS, RUNS_A_SECOND, "load"))
            for _ in range(PROCESSES)
        ]
        page.wait_for_timeout(SECONDS * 500)
        halfway = resident_mb(monitor)
        outputs = [app.communicate(timeout=SECONDS * 3)[0] for app in apps]
        taken = time.monotonic() - begun
        after = resident_mb(monitor)

    found = [re.search(r"rounds (\d+) tracked (\d+) delivered \2\b", output) for output in outputs]
    assert all(found), outputs
    rounds = sum(int(match[1]) for match in found if match)
    assert rounds * EVENTS_OF_A_RUN > 800 * taken, "the load was not reached"
    generations = page.locator('[aria-label="Figures"] tbody td:nth-child(3)')
    expect(generations).to_have_text(f"{rounds:,}", timeout=15_000)
    expect(page.get_by_role("status")).to_contain_text(f"{rounds * EVENTS_OF_A_RUN:,} events received")
    assert after < halfway + 20, f"{halfway:.0f} MB halfway, {after:.0f} MB after"
    sys.stdout.write(f"{rounds * EVENTS_OF_A_RUN / taken:.0f} events/s; {halfway:.0f} and {after:.0f} MB\n")
