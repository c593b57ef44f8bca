"""The providers' examples run offline, where their SDKs are installed."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from corpus_folder import ROOT
from needs import needs

EXAMPLES = sorted((ROOT / "examples/providers").glob("*.py"))
OURS = ("ldtrack", "ldai", "ldclient", "anyio")
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "CREWAI_DISABLE_TELEMETRY": "true",
    "OTEL_SDK_DISABLED": "true",
    "GRPC_VERBOSITY": "ERROR",  # it may tell of a server that stops before its client
}


def imported(path: Path) -> list[str]:
    """Return the modules that an example imports from other distributions."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
        names |= {str(node.module)} if isinstance(node, ast.ImportFrom) else set()
    tops = {name: name.partition(".")[0] for name in names}
    return sorted(name for name, top in tops.items() if top not in sys.stdlib_module_names and top not in OURS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_provider_has_an_example_that_runs_offline(path):
    """It ends well, and prints the tokens that were recorded."""
    for module in imported(path):
        needs(module)
    command = [sys.executable, "-W", "ignore", str(path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, env={**os.environ, **QUIET})

    assert (0, "") == (ran.returncode, ran.stderr)
    assert re.search(r"\d+ tokens in, \d+ out", ran.stdout)
