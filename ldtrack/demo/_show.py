"""Show the demo in the terminal: a line for each scene, the Monitoring table in the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ldtrack.demo._configs import CONFIGS
from ldtrack.demo._page import Shown, page
from ldtrack.demo._run import run

if TYPE_CHECKING:
    from rich.console import Console

    from ldtrack.demo._scenes import Scene

_INTRODUCTION = (
    "Decorated functions call the real OpenAI and Anthropic SDKs; a scripted provider answers, and LaunchDarkly's "
    "own SDK evaluates AI configs from memory. Nothing leaves this machine, and no account is needed.\n"
)
_CLOSING = (
    "\nThis is what the Monitoring tab of these AI configs would show. "
    "To see how a function of yours is tracked: ldtrack explain module:function"
)


def show(console: Console) -> None:
    """Run the demo and show it."""
    _play(console, None)
    _say(console, _CLOSING)


def show_page(console: Console) -> None:
    """Run the demo, and show it in the monitor's page as well, which stays until Ctrl-C.

    Raises:
        ImportError: `ldtrack[monitor]` is not installed.
    """
    with page(CONFIGS) as (address, shown):
        _say(console, f"The page is at {address}\n")
        _play(console, shown)
        _say(console, f"\nThe page stays at {address}; Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(1)  # not for ever: a signal just before it would not be seen


def _play(console: Console, shown: Shown | None) -> None:
    _say(console, _INTRODUCTION)
    monitoring = run(partial(_announce, console), shown)
    console.print()
    console.print(monitoring.table())


@contextmanager
def _announce(console: Console, scene: Scene) -> Generator[Callable[[str], None]]:
    results: list[str] = []
    with _spinner(console, scene.what):
        yield results.append
    _say(console, f"tier {scene.tier}  {scene.what:<50}  {results[0]}")


def _spinner(console: Console, text: str) -> AbstractContextManager[Any]:
    return console.status(text) if console.is_terminal and not console.is_dumb_terminal else nullcontext()


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False)
