"""Memory stays flat, however many calls are tracked and however long a stream is; also while the endpoint is down."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from corpus_folder import ROOT

CALLS, CHUNKS = 60_000, 300_000
"""`python -m benchmarks.memory` takes a million of each."""
NOISE = 12
"""Thousands of objects: caches and queues fill. One object left by each call would be 30 between half and all."""


@pytest.mark.slow
def test_g1_memory_is_flat() -> None:
    """What is there after all of it was there after half of it."""
    command = [sys.executable, "-m", "benchmarks.memory", str(CALLS), str(CHUNKS)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=280).stdout
    lines = re.findall(r"\| ([^|]+) \| [\d ]+ \| ([\d ]+) \|", printed)
    rows = {what: [int(objects) for objects in figures.split()] for what, figures in lines}

    assert ["60,000 calls", "a stream of 300,000 chunks", "60,000 calls, endpoint down"] == list(rows)
    assert [] == [what for what, objects in rows.items() if max(objects[5:]) > objects[4] + NOISE], printed
