"""The command line: `ldtrack demo`, `ldtrack monitor`, `ldtrack verify`, `ldtrack explain`."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code: 2 after a slip in the arguments, 130 after Ctrl-C."""
    try:
        from ldtrack.cli._commands import run
    except ModuleNotFoundError as exc:
        package = (exc.name or "").partition(".")[0]
        if package not in ("click", "rich"):
            raise
        print(f"ldtrack: the command line needs {package}: pip install 'ldtrack[cli]'", file=sys.stderr)  # noqa: T201 -- it is for people
        return 2
    return run(arguments)
