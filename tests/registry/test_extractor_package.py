"""A package of somebody else's adds extractors by being installed (C3)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus_folder import ROOT

APP = """
import sys
import types
from types import SimpleNamespace

from ldclient import Context

from ldtrack import configure, registered, tracked
from ldtrack.local import LocalLaunchDarkly

sdk = types.ModuleType("acme_llm.types")
exec("class Answer:\\n    status = 'done'\\nclass AnswerPart:\\n    pass", sdk.__dict__)


@tracked("chat")
def ask():
    answer = sdk.Answer()
    answer.usage = SimpleNamespace(fresh=20, cached=80, written=12)
    return answer


@tracked("chat")
def stream():
    for text, is_last in (("", False), ("Yes", False), ("", True)):
        part = sdk.AnswerPart()
        part.text, part.is_last = text, is_last
        part.usage = SimpleNamespace(fresh=1, cached=2, written=3) if is_last else None
        yield part


with LocalLaunchDarkly({"chat": {"model": {"name": "acme"}}}) as local:
    configure(client=local.client, context=Context.create("ada"))
    ask()
    list(stream())
    for run in local.runs():
        print(run.outcome, run.input_tokens, run.output_tokens, run.time_to_first_token_ms is not None)
print(sorted(entry.name for entry in registered() if entry.source == "acme"), "acme_llm" in sys.modules)
"""


@pytest.mark.slow
def test_c3_an_installed_package_needs_no_line_of_code(tmp_path: Path) -> None:
    """The package under examples/ is built, installed, and read from; its SDK is never imported."""
    source = ROOT / "examples/extractor_package"
    install = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--no-build-isolation", "--target", tmp_path]
    subprocess.run([*install, source], check=True)
    path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    ran = subprocess.run(
        [sys.executable, "-c", APP], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )

    assert "" == ran.stderr
    assert [
        "success 100 12 False",
        "success 3 3 True",
        "['acme_llm.types.Answer', 'acme_llm.types.AnswerPart'] False",
    ] == ran.stdout.splitlines()
