"""Tier 2: tokens as LaunchDarkly's own package for a provider reads them, where it is installed and right."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from ldai.providers.types import LDAIMetrics

from ldtrack._metrics import Reading


class WithOfficial:
    """An extractor whose tokens come from LaunchDarkly's package if they add up, and else from our own reading.

    Outcome and tool calls are always our own: those packages claim success for everything and see no tools.

    Args:
        official: The package; it has `get_ai_metrics_from_response`.
        own: Our reading; takes the tokens as a second argument where they are known already.
        is_plain: Tells quickly that a response succeeded and calls no tool, which is all the package can say.
        shown: What the package is shown of a response.
    """

    def __init__(
        self,
        official: str,
        own: Callable[..., Reading],
        is_plain: Callable[[Any], bool] = lambda _response: False,
        shown: Callable[[Any], Any] | None = None,
    ) -> None:
        self.official = official
        self._own = own
        self._is_plain = is_plain
        self._shown = shown or _UsageOnly
        self.__qualname__ = own.__qualname__

    def __call__(self, response: Any) -> LDAIMetrics:
        """Read a response."""
        extract = load(self.official)
        if extract is None:
            return self._own(response)
        try:
            metrics = extract(self._shown(response))
            tokens = metrics.tokens
            adds_up = tokens.input > 0 and tokens.output >= 0 and tokens.input + tokens.output == tokens.total
        except Exception:  # noqa: BLE001 -- no usage, or a package of another make: our own reading stands in
            return self._own(response)
        if not adds_up:  # it left out the cache, or one side
            return self._own(response)
        return metrics if self._is_plain(response) else self._own(response, tokens)


class _UsageOnly:
    """A response of which the package sees the usage alone.

    It asks for an agent run's field first, which pydantic takes long to deny.
    """

    __slots__ = ("usage",)
    context_wrapper = None

    def __init__(self, response: Any) -> None:
        self.usage = response.usage


@functools.cache
def load(package: str) -> Callable[[Any], Any] | None:
    """The package's extractor; None where it cannot be had, for whatever reason."""
    try:
        return importlib.import_module(package).get_ai_metrics_from_response  # type: ignore[no-any-return]
    except Exception:  # noqa: BLE001 -- the package is optional
        return None
