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
@click.option("--open", "open_page", is_flag=True, help="Show it in the monitor's page, too.")
def demo(folder: Path | None, *, open_page: bool) -> int:
    """Run decorated functions against a local provider, and show their figures.

    Every shape and tier, through the real OpenAI and Anthropic SDKs. Needs no account and no network.
    """
    console = Console()
    try:
        with extra("demo", "the demo"):
            return _replay(console, folder) if folder else _demo(console, open_page=open_page)
    except ImportError as exc:
        raise click.ClickException(str(exc)) from exc


@cli.command()
@click.argument("configs", type=Path, required=False, metavar="[CONFIGS]")
@click.option("--port", type=click.IntRange(0, 65535), default=8484, show_default=True, help="0 is any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Others than loopback get a token in the address.")
@click.option("--store", type=Path, metavar="FILE", help="Keep what is received in this SQLite file.")
@click.option(
    "--forward",
    is_flag=False,
    flag_value="launchdarkly",
    metavar="[URL]",
    help="Pass everything on to LaunchDarkly, or to the Relay Proxy at this address, and show the events.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in a browser.")
def monitor(
    configs: Path | None, port: int, host: str, store: Path | None, forward: str | None, *, open_page: bool
) -> int:
    """Serve AI configs from a YAML or JSON file to apps on this machine, and show what they track.

    Point an app here with the environment variable LDTRACK_LOCAL, or ldtrack.configure(local=...).
    """
    from ldtrack.cli._monitor import Options, serve

    return serve(Options(configs, host, port, store, forward, open_page))


@cli.command()
@click.argument("function", metavar="MODULE:FUNCTION")
@click.option("--arg", "arguments", multiple=True, metavar="[NAME=]VALUE", help="An argument, as JSON or as text.")
@click.option("--configs", type=Path, metavar="FILE", help="Serve these AI configs, not one that is made up.")
@click.option("--address-argument", metavar="NAME", help="The parameter that takes the provider's address.")
@click.option("--scripted", is_flag=True, help="Let the demo's provider answer OpenAI's and Anthropic's SDKs: no key.")
def verify(
    function: str, arguments: tuple[str, ...], configs: Path | None, address_argument: str | None, *, scripted: bool
) -> int:
    """Call a decorated function, and tell what its Monitoring tab would get and what is missing.

    It is called for real: once to the end, once with a provider that answers 500, and once left early if it streams.
    Exits with 1 if anything is missing.
    """
    from ldtrack.cli._verify import verify as verified

    return verified(function, list(arguments), configs, address_argument, scripted=scripted)


@cli.command()
@click.argument("function", metavar="MODULE:FUNCTION")
def explain(function: str) -> None:
    """Tell how a decorated function is tracked, and why.

    Methods are named MODULE:CLASS.METHOD. Modules are found as by `python -m`.
    """
    from ldtrack.cli._explain import explanation

    click.echo(explanation(function))


def _demo(console: Console, *, open_page: bool) -> int:
    from ldtrack.demo._show import show, show_page

    (show_page if open_page else show)(console)
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
