"""Write requirements/dev.txt: the newest releases that pip resolves, on every interpreter found."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from interpreters import interpreters

ROOT = Path(__file__).parent.parent
HEADER = "# What the tools and tests run with, so that CI repeats itself: `make pins` writes this file anew.\n"


def freeze(python: Path) -> dict[str, str]:
    """Install everything with this interpreter, and tell what came."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        pip = [Path(folder) / "bin/python", "-m", "pip"]
        subprocess.run([*pip, "install", "-qq", "-e", f"{ROOT}[test,browser,lint,docs]"], check=True)
        command = [*pip, "freeze", "--exclude-editable"]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return dict(line.split("==") for line in lines)


def pins(found: list[dict[str, str]]) -> list[str]:
    """Take each distribution from the oldest interpreter that needs it, whose newest release runs on the others too."""
    chosen = {name: version for versions in reversed(found) for name, version in versions.items()}
    return [f"{name}=={version}" for name, version in sorted(chosen.items(), key=normalised)]


def normalised(pin: tuple[str, str]) -> str:
    """Return the name that indexes know the distribution by."""
    return re.sub("[-_.]+", "-", pin[0]).lower()


if __name__ == "__main__":
    lines = pins([freeze(python) for python in interpreters().values()])
    (ROOT / "requirements/dev.txt").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
