"""Run the monitor until somebody ends it."""

from __future__ import annotations

import os
import re
import secrets
import webbrowser
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ldtrack._optional import extra

if TYPE_CHECKING:
    from ldtrack.monitor._monitor import Monitor

_TOKEN = "LDTRACK_MONITOR_TOKEN"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_TOKEN_FORM = re.compile(r"[\w-]{16,}\Z", re.ASCII)


@dataclass(frozen=True)
class Options:
    """What the command was given."""

    configs: Path | None
    host: str
    port: int
    store: Path | None
    forward: str | None
    open_page: bool


def serve(options: Options) -> int:
    """Serve until Ctrl-C, which is no error.

    Raises:
        click.ClickException: Something that was given cannot be used.
    """
    token = _token(options.host)
    with _in_words():
        from ldtrack.monitor._app import app_of
        from ldtrack.monitor._serve import address_of, listen, server_of

        monitor = _monitor(options)
        try:
            listener = listen(options.host, options.port)
        except OSError:
            monitor.close()
            raise
    address = address_of(listener, token)

    def started() -> None:
        click.echo(_welcome(options, address))
        if options.open_page:
            webbrowser.open(address)

    try:
        server_of(app_of(monitor, token, click.echo), started).run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    return 0


def _monitor(options: Options) -> Monitor:
    from ldtrack.monitor._config_file import ConfigFile
    from ldtrack.monitor._forward import upstream_at
    from ldtrack.monitor._history import History
    from ldtrack.monitor._monitor import Monitor
    from ldtrack.monitor._served import ServedFlags

    if (options.configs is None) == (options.forward is None):
        raise click.ClickException("name either the file with your AI configs, or --forward for LaunchDarkly's own")
    flags = ServedFlags()
    file = ConfigFile(options.configs, flags) if options.configs else None
    upstream = upstream_at(options.forward) if options.forward else None
    history = History(options.store) if options.store else None
    return Monitor(flags=flags, file=file, upstream=upstream, history=history)


@contextmanager
def _in_words() -> Generator[None, None, None]:
    """Turn what is wrong with the options into one line."""
    try:
        with extra("monitor", "the monitor"):
            yield
    except (ValueError, ImportError, OSError) as exc:
        raise click.ClickException(str(exc)) from exc


def _token(host: str) -> str | None:
    """Return the secret part of the address: as the environment says, or a new one where others reach the port."""
    token = os.environ.get(_TOKEN)
    if token is not None and not _TOKEN_FORM.match(token):
        raise click.ClickException(f"{_TOKEN} needs at least 16 letters, digits, - or _")
    return token or (None if host in _LOOPBACK else secrets.token_urlsafe(24))


def _welcome(options: Options, address: str) -> str:
    served = f"the AI configs of {options.configs}" if options.configs else "what LaunchDarkly serves"
    return (
        f"The page is at {address}\n"
        f"Apps get {served} and send their events here with LDTRACK_LOCAL={address}\n"
        "Ctrl-C ends it."
    )
