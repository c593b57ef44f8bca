"""Find the supported interpreters of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

SUPPORTED = ("3.10", "3.11", "3.12", "3.13")


def interpreters() -> dict[str, Path]:
    """Map each supported version to one interpreter that runs, those on PATH first, then pyenv's."""
    found = {version: next(filter(runs(version), candidates(version)), None) for version in SUPPORTED}
    return {version: python for version, python in found.items() if python}


def candidates(version: str) -> Iterator[Path]:
    """Yield where this version may be."""
    if on_path := shutil.which(f"python{version}"):
        yield Path(on_path)
    yield from sorted((pyenv_root() / "versions").glob(f"{version}.*/bin/python"))


def pyenv_root() -> Path:
    """Return where pyenv keeps its interpreters, whether or not it has set itself up in this shell."""
    if root := os.environ.get("PYENV_ROOT"):
        return Path(root)
    if pyenv := shutil.which("pyenv"):
        return Path(subprocess.run([pyenv, "root"], capture_output=True, text=True, check=True).stdout.strip())
    return Path.home() / ".pyenv"


def runs(version: str) -> Callable[[Path], bool]:
    """Return a test for interpreters: pyenv's shims are on PATH for versions that are not switched on."""
    script = f"import sys, venv, ensurepip; sys.exit('%d.%d' % sys.version_info[:2] != '{version}')"
    return lambda python: subprocess.run([python, "-c", script], capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    print(*interpreters().values(), sep="\n")
