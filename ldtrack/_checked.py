"""What extractors return, checked: impossible values are dropped, with one warning that names the extractor."""

from __future__ import annotations

import math
import operator
from dataclasses import replace
from numbers import Real
from typing import Any, SupportsIndex

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._log import warn_once
from ldtrack._names import name_of


def checked(returned: Any, extractor: Any) -> LDAIMetrics | None:
    """Return the metrics with what is impossible left out; None for what are no metrics at all.

    A count is a whole number that is not negative; 12.0 is taken for 12. A wrong one costs all tokens, but neither
    the outcome nor the duration.
    """
    if returned is None:
        return None
    if not isinstance(returned, LDAIMetrics):
        _warn(extractor, "returned %s instead of LDAIMetrics or None", type(returned).__name__)
        return None
    metrics = returned
    if metrics.tokens is not None and not _is_clean(metrics.tokens):
        metrics = replace(metrics, tokens=_tokens(metrics.tokens, extractor))
    if metrics.tool_calls is not None and not _are_names(metrics.tool_calls):
        _warn(extractor, "returned tool calls that are no list of names; they are dropped")
        metrics = replace(metrics, tool_calls=None)
    if metrics.duration_ms is not None and not _is_count(metrics.duration_ms):
        metrics = replace(metrics, duration_ms=_duration(metrics.duration_ms, extractor))
    return metrics


def _is_clean(tokens: Any) -> bool:
    if type(tokens) is not TokenUsage:
        return False
    return _is_count(tokens.input) and _is_count(tokens.output) and _is_count(tokens.total)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _are_names(names: Any) -> bool:
    return isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names)  # pyright: ignore[reportUnknownVariableType]


def _tokens(tokens: Any, extractor: Any) -> TokenUsage | None:
    if not isinstance(tokens, TokenUsage):
        _warn(extractor, "returned tokens of type %s instead of TokenUsage; they are dropped", type(tokens).__name__)
        return None
    total, input_, output = _whole(tokens.total), _whole(tokens.input), _whole(tokens.output)
    if total is None or input_ is None or output is None:
        _warn(extractor, "returned a token count that is no whole number from 0 up; the tokens are dropped")
        return None
    return TokenUsage(total=total, input=input_, output=output)


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _duration(value: Any, extractor: Any) -> int | None:
    number = _number(value)
    if number is None:
        _warn(extractor, "returned a duration that is no number of milliseconds; the clock's is used")
        return None
    return int(number)


def _number(value: Any) -> float | None:
    """A finite number from 0 up, of whatever library; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    number = operator.index(value) if isinstance(value, SupportsIndex) else float(value)
    return number if 0 <= number < math.inf else None


def _warn(extractor: Any, problem: str, *args: Any) -> None:
    name = name_of(extractor)
    warn_once("extractor", name, "extractor %s " + problem, name, *args)
