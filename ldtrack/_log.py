"""The `ldtrack` logger, and warnings that come once per site and kind."""

from __future__ import annotations

import logging
import traceback
from typing import Any

logger = logging.getLogger("ldtrack")

_warned: set[tuple[str, str]] = set()


def warn_once(kind: str, site: str, message: str, *args: Any, exc: BaseException | None = None, hint: str = "") -> None:
    """Log a warning the first time this kind of thing happens at this site, at debug level after that.

    `message` and `args` never hold prompts, completions or arguments of the user's call. Of `exc` only the
    class and the place are logged, since its text may quote them. `hint` ends the message.
    """
    level = logging.DEBUG if (kind, site) in _warned else logging.WARNING
    _warned.add((kind, site))
    if exc is not None:
        message += " (%s)"
        args = (*args, type(exc).__name__ + _place(exc))
    message += hint
    logger.log(level, message, *args)


def is_told(kind: str, site: str) -> bool:
    """Whether this kind of thing has been warned of at this site."""
    return (kind, site) in _warned


def _place(exc: BaseException) -> str:
    """The line that raised; nothing for an exception that nobody raised."""
    frames = list(traceback.walk_tb(exc.__traceback__))
    return f" at {frames[-1][0].f_code.co_filename}:{frames[-1][1]}" if frames else ""


def forget_warnings() -> None:
    """Let every warning be logged once more. For tests."""
    _warned.clear()
