"""Tell how a function is tracked."""

from __future__ import annotations

import click

import ldtrack
from ldtrack._find import NotFoundError, find


def explanation(name: str) -> str:
    """The plan of `module:function` in words."""
    try:
        return str(ldtrack.explain(find(name)))
    except NotFoundError as exc:
        raise click.ClickException(str(exc)) from exc
    except (TypeError, ValueError, ldtrack.LdtrackError) as exc:
        raise click.ClickException(f"{name}: {exc}") from exc
