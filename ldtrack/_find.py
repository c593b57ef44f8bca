"""Find what a command is asked about, by `module:function`."""

from __future__ import annotations

import importlib
import os
import sys
from functools import reduce
from typing import Any


class NotFoundError(Exception):
    """The name leads nowhere; the text says why."""


def find(name: str) -> Any:
    """Import the module of `module:function`, as `python -m` would, and return what the name is for.

    Raises:
        NotFoundError: It has another form, the module cannot be imported, or has nothing of this name.
    """
    module_name, colon, path = name.partition(":")
    if not (module_name and colon and path):
        raise NotFoundError(f"{name!r} is not of the form module:function")
    if module_name.endswith(".py") or "/" in module_name or os.sep in module_name:
        named = module_name.removesuffix(".py").replace(os.sep, "/").lstrip("./").replace("/", ".")
        raise NotFoundError(f"{module_name!r} is a path, not a module: write {named}:{path}")
    module = _import(module_name)
    try:
        return reduce(getattr, path.split("."), module)
    except AttributeError as exc:
        raise NotFoundError(f"{name}: {exc}") from exc


def _import(name: str) -> Any:
    if os.getcwd() not in sys.path and "" not in sys.path:  # noqa: PTH109 -- sys.path has strings
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 -- see above
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as exc:  # whatever the module does while it is imported
        raise NotFoundError(f"importing {name} failed: {type(exc).__name__}: {exc}") from exc
