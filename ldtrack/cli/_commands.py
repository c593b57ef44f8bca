"""The commands and their arguments; what they do is elsewhere, and imported only when it is asked for."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import click
from rich.console import Console

from ldtrack._errors import LdtrackError
from ldtrack._optional import extra

INTERRUPTED = 130


def run(arguments: Sequence[str] | None) -> int:
    """Run a command; a slip in its arguments is one line on stderr."""
    _tolerate_narrow_encodings()
    try:
        return cli.main(arguments, prog_name="ldtrack", standalone_mode=False) or 0
    except click.ClickException as exc:
        click.echo(f"ldtrack: {exc.format_message()}", err=True)
        return 2
    except click.Abort:
        return INTERRUPTED


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("ldtrack"), prog_name="ldtrack", message="%(prog)s %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Track the generations of LaunchDarkly AI configs."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command()
@click.option("--replay", "folder", type=Path, metavar="FOLDER", help="Play recorded traffic instead, and check it.")
def demo(folder: Path | None) -> int:
    """Run decorated functions against a local provider, and show their figures.

    Every shape and tier, through the real OpenAI and Anthropic SDKs. Needs no account and no network.
    """
    console = Console()
    try:
        with extra("demo", "the demo"):
            return _replay(console, folder) if folder else _demo(console)
    except ImportError as exc:
        raise click.ClickException(str(exc)) from exc


@cli.command()
@click.argument("function", metavar="MODULE:FUNCTION")
def explain(function: str) -> None:
    """Tell how a decorated function is tracked, and why.

    Methods are named MODULE:CLASS.METHOD. Modules are found as by `python -m`.
    """
    from ldtrack.cli._explain import explanation

    click.echo(explanation(function))


def _demo(console: Console) -> int:
    from ldtrack.demo._show import show

    show(console)
    return 0


def _replay(console: Console, folder: Path) -> int:
    from ldtrack.replay._cases import load
    from ldtrack.replay._play import replay
    from ldtrack.replay._show import progress, show
    from ldtrack.replay.sdks import sdk_of

    try:
        recording = load(folder, sdk_of)
    except LdtrackError as exc:
        raise click.ClickException(str(exc)) from exc
    with progress(console) as advance:
        report = replay(recording, advance)
    show(console, report)
    return 1 if report.mismatches else 0


def _tolerate_narrow_encodings() -> None:
    """Let a terminal that knows no more than ASCII show the rest as question marks."""
    stdout: object = sys.stdout
    if isinstance(stdout, io.TextIOWrapper):
        stdout.reconfigure(errors="replace")
