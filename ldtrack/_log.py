"""The `ldtrack` logger, and warnings that come once per site and kind."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("ldtrack")

_warned: set[tuple[str, str]] = set()


def warn_once(kind: str, site: str, message: str, *args: Any, exc: BaseException | None = None) -> None:
    """Log a warning the first time this kind of thing happens at this site, at debug level after that.

    `message` and `args` never hold prompts, completions or arguments of the user's call. Of `exc` only the
    class is logged, since its text may quote them.
    """
    level = logging.DEBUG if (kind, site) in _warned else logging.WARNING
    _warned.add((kind, site))
    if exc is not None:
        message += " (%s)"
        args = (*args, type(exc).__name__)
    logger.log(level, message, *args)


def forget_warnings() -> None:
    """Let every warning be logged once more. For tests."""
    _warned.clear()
