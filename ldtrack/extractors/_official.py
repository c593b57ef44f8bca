"""Tier 2: tokens as LaunchDarkly's own package for a provider reads them, where it is installed and right."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading


class WithOfficial:
    """An extractor whose tokens come from LaunchDarkly's package if they add up, and else from our own reading.

    Outcome and tool calls are always our own: those packages claim success for everything and see no tools.

    Args:
        official: The package; it has `get_ai_metrics_from_response`.
        own: Our reading; takes the tokens as a second argument where they are known already.
    """

    def __init__(self, official: str, own: Callable[..., Reading]) -> None:
        self.official = official
        self._own = own
        self.__qualname__ = own.__qualname__

    def __call__(self, response: Any) -> Reading:
        """Read a response."""
        return self._own(response, _official_tokens(self.official, response))


def _official_tokens(package: str, response: Any) -> TokenUsage | None:
    extract = load(package)
    if extract is None:
        return None
    try:
        tokens = extract(response).tokens
        return tokens if tokens is not None and _add_up(tokens) else None
    except Exception:  # noqa: BLE001 -- our own reading stands in
        return None


@functools.cache
def load(package: str) -> Callable[[Any], Any] | None:
    """The package's extractor; None where it cannot be had, for whatever reason."""
    try:
        return importlib.import_module(package).get_ai_metrics_from_response  # type: ignore[no-any-return]
    except Exception:  # noqa: BLE001 -- the package is optional
        return None


def _add_up(tokens: Any) -> bool:
    """A self-check: what is read wrongly (cache left out, one side unseen) does not add up to the total."""
    return (
        type(tokens.input) is type(tokens.output) is type(tokens.total) is int
        and tokens.input > 0
        and tokens.output >= 0
        and tokens.input + tokens.output == tokens.total
    )
