"""Write docs/support.md, the support matrix: what the registry knows, and what passing tests saw it read.

`make support` runs the tests of every family with notes on, and then this. `--check` only compares.
"""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from ldtrack import Registration, registered
from ldtrack._registration import BUILT_IN, package_of

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/support.md"
HEAD = """# Supported types

What ldtrack reads by itself, per SDK. The rows are the registry's own; a mark says that a test on a real object of that
class, or on recorded traffic through the real SDK, passed and saw it: tokens, time to first token, a failure, tool
names. No mark means that the type does not tell it, or that no test saw it. `make support` makes this page.

`*` in a name stands for anything. Plain dicts and HTTP bodies are told by their keys, see [the registry](registry.md).
"""
COLUMNS = ("tokens", "first token", "failure", "tool calls")


def notes(folder: Path) -> dict[str, set[str]]:
    """Put together what all processes noted."""
    together: dict[str, set[str]] = defaultdict(set)
    for path in folder.glob("*.json"):
        for name, seen in json.loads(path.read_text(encoding="utf-8")).items():
            together[name] |= set(seen)
    return together


def page(seen: dict[str, set[str]]) -> str:
    """Make the whole page."""
    packages: dict[str, dict[Any, list[Registration]]] = defaultdict(lambda: defaultdict(list))
    for registration in registered():
        if registration.source == BUILT_IN and isinstance(registration.key, str):
            package = packages[package_of(registration.name)]
            package[registration.kind, registration.extractor].append(registration)
    parts = [HEAD]
    for package, groups in sorted(packages.items()):
        parts += [f"## `{package}`\n", versions(package, seen)]
        parts += ["| type | role | tokens | first token | failure | tool names |", "|---|---|---|---|---|---|"]
        parts += [*sorted(row(group, seen) for group in groups.values()), ""]
    return "\n".join(parts)


def versions(package: str, seen: dict[str, set[str]]) -> str:
    """Say which releases the package's objects came from."""
    own = {note for name, notes in seen.items() if package_of(name.partition(" ")[2]) == package for note in notes}
    found = sorted(note.removeprefix("version ") for note in own if re.match(r"version \S+ \S", note))
    return f"Checked with {', '.join(found)}.\n" if found else "Not checked.\n"


def row(group: list[Registration], seen: dict[str, set[str]]) -> str:
    """One row for the types that one extractor reads."""
    names = sorted(registration.name for registration in group)
    found = set().union(*(seen.get(f"{group[0].kind} {name}", set()) for name in names))
    marks = " | ".join("✓" if column in found else "" for column in COLUMNS)
    types = ", ".join(f"`{name.removeprefix(package_of(name) + '.')}`" for name in names)
    return f"| {types} | {group[0].kind} | {marks} |"


if __name__ == "__main__":
    folder = Path(sys.argv[-1])
    made = page(notes(folder))
    if "--check" in sys.argv:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == made else "docs/support.md is out of date: make support")
    PAGE.write_text(made, encoding="utf-8")
