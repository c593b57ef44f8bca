"""The code blocks of the README and the docs: each runs, and prints what it says.

The Python blocks of a page run from top to bottom in one namespace, beside the demo's scripted provider. Pages other
than the README and the quickstart start from the set-up that docs/index.md shows. Lines after `#>` are what a block
prints. A block with a `title=` is also written to a file of that name, in the folder in which the page runs.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus_folder import ROOT
from doc_pages import ALL, INDEX, QUICKSTART, README, WITH_CODE, blocks
from ldtrack.demo import scripted_provider

RUNNABLE = ("python",)
OTHERS = ("console", "sh", "text", "toml", "yaml")


@pytest.fixture(scope="module", autouse=True)
def provider() -> Iterator[None]:
    """Stand in for OpenAI and Anthropic."""
    with scripted_provider():
        yield


def write_files(page: Path, folder: Path) -> None:
    """Write the blocks that are shown as files."""
    for block in blocks(page):
        if block.title:
            (folder / block.title).write_text(block.source, encoding="utf-8")


@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: page.name)
def test_every_block_runs_and_prints_what_it_says(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in a Python block is skipped."""
    monkeypatch.chdir(tmp_path)
    write_files(page, tmp_path)
    names: dict[str, Any] = {"__name__": "__main__"}
    if page not in (README, INDEX, QUICKSTART):
        blocks(INDEX, "python")[0].run(names)
    for block in blocks(page, "python"):
        assert block.prints == block.run(names), f"{page.name}, line {block.line}"


def test_the_tests_that_are_shown_pass(tmp_path: Path) -> None:
    """The page on testing shows a conftest.py and a test; together they pass."""
    write_files(INDEX.with_name("testing.md"), tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    finished = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert 0 == finished.returncode, finished.stdout
    assert "2 passed" in finished.stdout


@pytest.mark.parametrize("page", ALL, ids=lambda page: page.name)
def test_every_block_says_what_it_is(page: Path) -> None:
    """Blocks are Python, which runs, or of a language that is only shown; none escapes under another name."""
    fences = [line.strip() for line in page.read_text(encoding="utf-8").splitlines() if line.strip().startswith("```")]

    assert 2 * len(blocks(page)) == len(fences)
    assert {block.language for block in blocks(page)} <= {*RUNNABLE, *OTHERS}


def test_the_readme_shows_code_within_40_lines() -> None:
    """Whoever opens the README sees working code at once."""
    assert blocks(README, "python")[0].last_line <= 40


def test_the_architecture_names_every_file() -> None:
    """docs/architecture.md names each file and folder of the package, and no other."""
    text = INDEX.with_name("architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w]+(?:\.py|/))`", text))
    package = ROOT / "ldtrack"
    there = {path.name if path.is_file() else f"{path.name}/" for path in package.iterdir()}

    assert {name for name in there if name not in ("__pycache__/", "py.typed")} == named - {"ldtrack/"}
