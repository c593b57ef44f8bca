"""Imports of optional dependencies, which name the extra that brings them."""

from __future__ import annotations

import importlib
from typing import Any


def import_optional(module: str, extra: str, purpose: str) -> Any:
    """Import a module, or raise ImportError with the line that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as exc:
        raise ImportError(f"{purpose} needs {exc.name or module}: pip install 'ldtrack[{extra}]'") from exc
