"""Read the list of known deviations, and write it as the table in docs/deviations.md."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).parent / "cpython" / "deviations.toml"


def has_own_tests() -> bool:
    """Tell whether this interpreter's `test` package came with it; some distributions leave it out."""
    try:
        return find_spec("test.test_generators") is not None
    except ModuleNotFoundError:
        return False


def deviations() -> list[dict[str, Any]]:
    """Return the listed deviations, their causes spelled out."""
    listed = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [{**row, "cause": listed["causes"][row["cause"]]} for row in listed["deviation"]]


def expected(module: str, python: str) -> set[str]:
    """Return the tests of a module that are known to end otherwise on this Python."""
    return {row["test"] for row in deviations() if python in row["pythons"] and row["test"].startswith(f"{module}.")}


def table() -> str:
    """Return the deviations as a Markdown table."""
    head = "| test | Python | cause |\n|---|---|---|\n"
    return head + "".join(
        f"| `{row['test'].removeprefix('test.')}` | {', '.join(row['pythons'])} | {row['cause']} |\n"
        for row in deviations()
    )


if __name__ == "__main__":
    sys.stdout.write(table())
