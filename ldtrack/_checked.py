"""What extractors return, checked: impossible values are dropped, with one warning that names the extractor."""

from __future__ import annotations

import inspect
import math
import operator
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from numbers import Real
from typing import Any, SupportsIndex

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._faults import problem
from ldtrack._metrics import Reading
from ldtrack._names import name_of

_OUTCOMES = ("success", "error")


def checked(returned: Any, extractor: Any, *, quiet: bool = False) -> LDAIMetrics | None:
    """Return the metrics with what is impossible left out; None for what are no metrics at all.

    A count is a whole number that is not negative; 12.0 is taken for 12. A wrong one costs all tokens, but neither
    the outcome nor the duration.

    Args:
        returned: What the extractor returned.
        extractor: The extractor, to be named.
        quiet: Whether strict mode is silent about what is wrong.
    """
    if returned is None:
        return None
    warn = partial(_warn, extractor, quiet)
    if not isinstance(returned, LDAIMetrics):
        never_awaited(returned)
        warn("returned %s instead of LDAIMetrics or None", type(returned).__name__)
        return None
    metrics = _with_outcome(returned, warn)
    if metrics.tokens is not None and not _is_clean(metrics.tokens):
        metrics = replace(metrics, tokens=_tokens(metrics.tokens, warn))
    if metrics.tool_calls is not None and not _are_names(metrics.tool_calls):
        warn("returned tool calls that are no list of names; they are dropped")
        metrics = replace(metrics, tool_calls=None)
    if metrics.duration_ms is not None and not _is_count(metrics.duration_ms):
        metrics = replace(metrics, duration_ms=_duration(metrics.duration_ms, warn))
    return metrics


def never_awaited(value: Any) -> None:
    """Drop what an async function returned, without Python's own warning that nobody awaited it."""
    if inspect.iscoroutine(value):
        value.close()


def truth(value: Any) -> bool | None:
    """What is as good as a bool (NumPy's, 1 and 0); None for anything else."""
    if isinstance(value, bool):
        return value
    try:
        return next((known for known in (True, False) if value == known), None)
    except Exception:  # noqa: BLE001 -- an array, or whatever else compares in its own way
        return None


def _with_outcome(metrics: LDAIMetrics, warn: Callable[..., None]) -> LDAIMetrics:
    """The metrics with an outcome that can be."""
    if type(metrics.success) is not bool:
        success = truth(metrics.success)
        if success is None:
            warn("returned a `success` of type %s, not a bool; it counts as True", type(metrics.success).__name__)
        metrics = replace(metrics, success=success is not False)
    if isinstance(metrics, Reading) and not _is_outcome(metrics.outcome):
        warn("returned an outcome that is neither 'success', 'error' nor None; `success` counts instead")
        metrics = replace(metrics, outcome="success")
    return metrics


def _is_outcome(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value in _OUTCOMES)


def _is_clean(tokens: Any) -> bool:
    if type(tokens) is not TokenUsage:
        return False
    return _is_count(tokens.input) and _is_count(tokens.output) and _is_count(tokens.total)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _are_names(names: Any) -> bool:
    return isinstance(names, (list, tuple)) and all(isinstance(name, str) for name in names)  # pyright: ignore[reportUnknownVariableType]


def _tokens(tokens: Any, warn: Callable[..., None]) -> TokenUsage | None:
    if not isinstance(tokens, TokenUsage):
        warn("returned tokens of type %s instead of TokenUsage; they are dropped", type(tokens).__name__)
        return None
    total, input_, output = _whole(tokens.total), _whole(tokens.input), _whole(tokens.output)
    if total is None or input_ is None or output is None:
        warn("returned a token count that is no whole number from 0 up; the tokens are dropped")
        return None
    return TokenUsage(total=total, input=input_, output=output)


def _whole(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and number == int(number) else None


def _duration(value: Any, warn: Callable[..., None]) -> int | None:
    number = _number(value)
    if number is None:
        warn("returned a duration that is no number of milliseconds; the clock's is used")
        return None
    return int(number)


def _number(value: Any) -> float | None:
    """A finite number from 0 up, of whatever library; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    number = operator.index(value) if isinstance(value, SupportsIndex) else float(value)
    return number if 0 <= number < math.inf else None


def _warn(extractor: Any, quiet: bool, what: str, *args: Any) -> None:  # noqa: FBT001 -- private
    problem(name_of(extractor), what, *args, quiet=quiet)
