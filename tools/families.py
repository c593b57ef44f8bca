"""Make the environments in which the provider SDKs fit together: `python tools/families.py [NAME]`.

A family is requirements/families/NAME.in, which says what and why, and NAME.txt, the pins. Prints the interpreter of
the family's environment and the tests that are for it; without a name, the names of all families. `--pins NAME` writes
NAME.txt anew.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from interpreters import interpreters

ROOT = Path(__file__).parent.parent
FAMILIES = ROOT / "requirements/families"
PROVIDER_TESTS = "tests/providers tests/replay"


def names() -> list[str]:
    """Name every family."""
    return sorted(path.stem for path in FAMILIES.glob("*.in"))


def base_python(name: str) -> Path:
    """Return the interpreter that a family asks for."""
    wanted = said(name, "Python")
    if wanted is None:
        sys.exit(f"{name}.in has no line `# Python: 3.x`")
    found = interpreters()
    if wanted not in found:
        sys.exit(f"the family {name} needs Python {wanted}; found: {', '.join(found) or 'none'}")
    return found[wanted]


def said(name: str, about: str) -> str | None:
    """Return what a line `# About: ...` of a family says."""
    text = (FAMILIES / f"{name}.in").read_text(encoding="utf-8")
    line = re.search(rf"^# {about}: (.+)$", text, re.MULTILINE)
    return line and line[1]


def make(name: str) -> Path:
    """Build a family's environment, unless it is there and its pins have not changed."""
    folder, pins = ROOT / ".venvs" / name, FAMILIES / f"{name}.txt"
    python, stamp = folder / "bin/python", folder / "pins.txt"
    if not stamp.exists() or stamp.read_bytes() != pins.read_bytes():
        print(f"Making {folder.relative_to(ROOT)}, once; about two minutes.", file=sys.stderr, flush=True)
        run(base_python(name), "-m", "venv", "--clear", folder)
        run(python, "-m", "pip", "install", "-qq", "--no-deps", "-r", pins)
        run(python, "-m", "pip", "install", "-qq", "--no-deps", "-e", ROOT)
        stamp.write_bytes(pins.read_bytes())
    return python


def renew(name: str) -> None:
    """Write a family's pins anew, with the newest releases that fit together."""
    with tempfile.TemporaryDirectory() as folder:
        run(base_python(name), "-m", "venv", folder)
        python = Path(folder) / "bin/python"
        run(python, "-m", "pip", "install", "-qq", "-r", FAMILIES / f"{name}.in")
        frozen = subprocess.run([python, "-m", "pip", "freeze"], check=True, capture_output=True, text=True).stdout
    (FAMILIES / f"{name}.txt").write_text(frozen, encoding="utf-8")


def run(*command: str | Path) -> None:
    """Run a command; what it prints goes to stderr, as stdout is for the answer."""
    subprocess.run(command, check=True, stdout=sys.stderr)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--pins"]:
        for family in arguments[1:]:
            renew(family)
    elif arguments and arguments[0] not in names():
        sys.exit(f"no family {arguments[0]!r}; there are {', '.join(names())}")
    elif arguments:
        print(make(arguments[0]), said(arguments[0], "Tests") or PROVIDER_TESTS)
    else:
        print(*names())
