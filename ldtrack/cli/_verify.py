"""Verify a function."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click
from rich.console import Console

from ldtrack._optional import extra


def verify(
    function: str, arguments: list[str], configs: Path | None, address_argument: str | None, *, scripted: bool
) -> int:
    """Call it, and show what was found; gives the exit code.

    Raises:
        click.ClickException: It cannot be called.
    """
    try:
        with extra("monitor", "ldtrack verify"):
            from ldtrack.demo import scripted_provider
            from ldtrack.verify._answer import Request
            from ldtrack.verify._runs import CallFailedError, find_out
            from ldtrack.verify._show import show
    except ImportError as exc:
        raise click.ClickException(str(exc)) from exc
    file = None if configs is None else str(configs.absolute())
    request = Request(function, arguments, file, "whole", address_argument)
    try:
        with scripted_provider() if scripted else nullcontext():
            findings = find_out(request)
    except CallFailedError as exc:
        raise click.ClickException(str(exc)) from exc
    return 0 if show(Console(), findings) else 1
