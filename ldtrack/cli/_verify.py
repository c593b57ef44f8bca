"""Verify a function."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from ldtrack._optional import extra


def verify(function: str, arguments: list[str], configs: Path | None, address_argument: str | None) -> int:
    """Call it, and show what was found; gives the exit code.

    Raises:
        click.ClickException: It cannot be called.
    """
    try:
        with extra("monitor", "ldtrack verify"):
            from ldtrack.verify._answer import Request
            from ldtrack.verify._runs import CallFailedError, find_out
            from ldtrack.verify._show import show
    except ImportError as exc:
        raise click.ClickException(str(exc)) from exc
    request = Request(function, arguments, None if configs is None else str(configs.absolute()), "whole")
    try:
        findings = find_out(request, address_argument)
    except CallFailedError as exc:
        raise click.ClickException(str(exc)) from exc
    return 0 if show(Console(), findings) else 1
