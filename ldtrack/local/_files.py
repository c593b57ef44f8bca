"""AI configs in files: YAML or JSON, told apart by the suffix."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ldtrack._optional import extra


def read_file(path: str | os.PathLike[str]) -> Any:
    """Read what the file holds.

    Raises:
        ValueError: The file is missing, or broken.
    """
    file = Path(path)
    readers: dict[str, Callable[[str], Any]] = {".json": json.loads, ".yaml": _read_yaml, ".yml": _read_yaml}
    if file.suffix.lower() not in readers:
        raise ValueError(f"the name of a file with configs ends in .yaml, .yml or .json, not {file.suffix!r}")
    return readers[file.suffix.lower()](_text(file))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as exc:
        raise ValueError(f"cannot be read ({exc.strerror}); the path counts from {Path.cwd()}") from exc


def _read_yaml(text: str) -> Any:
    with extra("yaml", "a YAML file with configs"):
        yaml: Any = importlib.import_module("yaml")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ValueError(f"is not YAML: {exc}") from exc
