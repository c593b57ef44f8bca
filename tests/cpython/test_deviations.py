"""CPython's own tests of generators and coroutines, with their functions decorated (F1, F3, F4)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cpython_deviations as listed

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PYTHON = "{}.{}".format(*sys.version_info)


def run_module(module: str, flag: str, folder: Path) -> dict[str, Any]:
    """Run CPython's tests of this module in a process of their own, and tell how each ended."""
    target = folder / f"{module}{flag}.json"
    command = [sys.executable, HERE / "run_module.py", module, flag, target]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert target.exists(), done.stderr
    return json.loads(target.read_text(encoding="utf-8"))


@pytest.mark.cpython
@pytest.mark.skipif(not listed.has_own_tests(), reason="this Python comes without its own tests")
@pytest.mark.parametrize("module", ["test.test_generators", "test.test_asyncgen", "test.test_coroutines"])
def test_f3_decorated_functions_pass_cpythons_own_tests(module, tmp_path):
    """A decorated function behaves like the bare one, except for the deviations listed with their causes."""
    bare, tracked = run_module(module, "--bare", tmp_path), run_module(module, "--decorated", tmp_path)
    differing = {test for test, ending in bare["endings"].items() if tracked["endings"].get(test) != ending}

    assert tracked["runs"] > 10
    assert listed.expected(module, PYTHON) == differing, {
        test: tracked["reasons"].get(test) for test in differing - listed.expected(module, PYTHON)
    }


def test_f3_the_docs_list_the_same_deviations():
    """docs/deviations.md has the table that `python tests/cpython_deviations.py` prints."""
    assert listed.table() in (ROOT / "docs/deviations.md").read_text(encoding="utf-8")
