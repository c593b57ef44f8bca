"""The examples: each runs offline, quietly, and prints what was recorded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from corpus_folder import ROOT

EXAMPLES = sorted(ROOT.glob("examples/*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_every_example_runs_and_shows_a_success(example: Path) -> None:
    """Warnings are errors, nothing is logged, and at least one run was recorded as a success."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", example], capture_output=True, text=True, timeout=120, check=False
    )

    assert (0, "") == (finished.returncode, finished.stderr)
    assert ": success" in finished.stdout
