"""The ladder: the first tier that fits a signature, and why."""

from __future__ import annotations

import collections.abc
import typing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ldai.providers.types import ManagedResult

from ldtrack import _registry
from ldtrack._signature import alternatives
from ldtrack._stream_types import is_stream

if TYPE_CHECKING:
    from ldtrack._signature import Signature

_AWAITED = (collections.abc.Awaitable, collections.abc.Coroutine)
_RUNNER_LIMITS = "LaunchDarkly's managed runner is async, returns text and has no stream"


@dataclass(frozen=True)
class Tier:
    """A rung of the ladder: 1 managed, 2 provider package, 3 extractor, 4 streaming or by hand, None still open."""

    number: int | None
    why: str


def choose_tier(signature: Signature, extractor: Any) -> Tier:
    """Walk the ladder from the top, and stop at the first tier that fits.

    Raises:
        TypeError: A managed runner is asked for where it cannot do what the signature says.
    """
    runner = next((parameter for parameter in signature.injected if parameter.role == "runner"), None)
    if runner is not None:
        _check_managed(signature, extractor, runner.kind.__name__)
        return Tier(1, f"parameter {runner.name!r} is a {runner.kind.__name__}, which tracks by itself")
    if "generator" in signature.shape:
        return Tier(4, f"the function's shape is {signature.shape}")
    tracker = next((parameter for parameter in signature.injected if parameter.role == "tracker"), None)
    if tracker is not None:
        return Tier(4, f"parameter {tracker.name!r} is a tracker: what the function leaves out is filled in")
    return _by_result(signature.returns, extractor)


def _check_managed(signature: Signature, extractor: Any, name: str) -> None:
    if signature.shape != "async":
        msg = f"{name} needs an `async def` function: {_RUNNER_LIMITS}. For a stream, call the provider yourself."
        raise TypeError(msg)
    if extractor is not None:
        msg = f"{name} tracks by itself: leave out extractor=, or call the provider yourself"
        raise TypeError(msg)


def _by_result(returns: Any, extractor: Any) -> Tier:
    kinds = list(results_in(returns))
    if ManagedResult in kinds:
        return Tier(1, "the result is a ManagedResult, which is tracked already")
    stream = next((kind for kind in kinds if is_stream_annotation(kind)), None)
    if stream is not None:
        return Tier(4, f"the function returns a stream ({_name(stream)})")
    if extractor is not None:
        return Tier(3, "extractor= was given")
    for kind in kinds:
        found = _registry.find_for_annotation(kind)
        if found is not None:
            if found.tier == 2:  # noqa: PLR2004 -- the rung's own number
                return Tier(2, f"{_name(kind)}: {found.official} supplies the tokens")
            return Tier(3, f"{_name(kind)} has a registered extractor ({found.source})")
    return Tier(None, "open until the first call: the return annotation names no type that ldtrack knows")


def results_in(annotation: Any) -> list[Any]:
    """The types that a return annotation names, behind unions and awaitables."""
    found: list[Any] = []
    for kind in alternatives(annotation):
        origin = typing.get_origin(kind)
        if origin in _AWAITED:
            found += results_in(typing.get_args(kind)[-1])
        else:
            found.append(kind)
    return found


def is_stream_annotation(kind: Any) -> bool:
    """Whether an annotated type is a stream's."""
    cls: Any = typing.get_origin(kind) or kind
    return isinstance(cls, type) and is_stream(cls)


def _name(kind: Any) -> str:
    return kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
