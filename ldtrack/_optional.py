"""Imports of optional dependencies, which name the extra that brings them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def extra(name: str, purpose: str) -> Generator[None]:
    """Import in the block what an extra of ldtrack brings.

    Raises:
        ImportError: Something is not installed; the text has the line that installs it.
    """
    try:
        yield
    except ModuleNotFoundError as exc:
        raise ImportError(f"{purpose} needs {exc.name}: pip install 'ldtrack[{name}]'") from exc
