"""Find the function that `ldtrack explain` is asked about."""

from __future__ import annotations

import importlib
import os
import sys
from functools import reduce
from typing import Any

import click

import ldtrack


def explanation(name: str) -> str:
    """The plan of `module:function` in words."""
    function = _find(name)
    try:
        return str(ldtrack.explain(function))
    except (TypeError, ValueError, ldtrack.LdtrackError) as exc:
        raise click.ClickException(f"{name}: {exc}") from exc


def _find(name: str) -> Any:
    module_name, colon, path = name.partition(":")
    if not (module_name and colon and path):
        raise click.ClickException(f"{name!r} is not of the form module:function")
    if module_name.endswith(".py") or "/" in module_name or os.sep in module_name:
        named = module_name.removesuffix(".py").replace(os.sep, "/").lstrip("./").replace("/", ".")
        raise click.ClickException(f"{module_name!r} is a path, not a module: write {named}:{path}")
    module = _import(module_name)
    try:
        return reduce(getattr, path.split("."), module)
    except AttributeError as exc:
        raise click.ClickException(f"{name}: {exc}") from exc


def _import(name: str) -> Any:
    if os.getcwd() not in sys.path and "" not in sys.path:  # noqa: PTH109 -- sys.path has strings
        sys.path.insert(0, os.getcwd())  # noqa: PTH109 -- see above
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as exc:  # whatever the module does while it is imported
        raise click.ClickException(f"importing {name} failed: {type(exc).__name__}: {exc}") from exc
