"""Telling what was chosen for a function, and why."""

from __future__ import annotations

import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ldtrack._decorator import plan_of
from ldtrack._names import name_of
from ldtrack._plan import Plan
from ldtrack._registration import BUILT_IN, USER, Registration
from ldtrack._registry import find_for_annotation
from ldtrack._signature import alternatives, read_signature
from ldtrack._tiers import is_stream_annotation, results_in

_ORIGINS = {BUILT_IN: "built in", USER: "registered by hand"}
_TIERS = {
    1: "1, managed runner",
    2: "2, provider package",
    3: "3, extractor",
    4: "4, streaming or by hand",
    None: "open until the first call",
}


@dataclass(frozen=True)
class Explanation:
    """What `@tracked` decided about one function; `str()` gives it as text."""

    function: str
    config_key: str
    config_kind: str
    shape: str
    tier: int | None
    why: str
    extractor: str
    context: str
    variables: str
    injected: tuple[str, ...]
    disabled: str
    open_until_first_call: tuple[str, ...]

    def __str__(self) -> str:
        rows = {
            "AI config": f"{self.config_key} ({self.config_kind})",
            "shape": self.shape,
            "tier": f"{_TIERS[self.tier]}: {self.why}" if self.tier else self.why,
            "extractor": self.extractor,
            "context": self.context,
            "variables": self.variables,
            "injected": ", ".join(self.injected) or "nothing",
            "when disabled": self.disabled,
            "still open": "; ".join(self.open_until_first_call) or "nothing",
        }
        width = max(map(len, rows))
        return "\n".join([self.function, *(f"  {name:<{width}}  {text}" for name, text in rows.items())])


def explain(function: Callable[..., Any]) -> Explanation:
    """Tell what was chosen for a decorated function: shape, tier, extractor, config, and what is still open.

    Raises:
        TypeError: The function is not decorated with `@tracked`.
    """
    plan = plan_of(function)
    return Explanation(
        function=plan.site,
        config_key=plan.config_key,
        config_kind=plan.mode,
        shape=plan.shape,
        tier=plan.tier.number,
        why=plan.tier.why,
        extractor=_extractor(plan, read_signature(function).returns),
        context=_context(plan),
        variables="from variables=" if plan.variables is not None else "the call's own strings and numbers",
        injected=tuple(f"{parameter.name}: {parameter.kind.__name__}" for parameter in plan.injected),
        disabled="fallback= is called" if plan.fallback is not None else "ConfigDisabledError is raised",
        open_until_first_call=tuple(_open(plan)),
    )


def _extractor(plan: Plan, returns: Any) -> str:
    if plan.tier.number == 1:
        return "none: the managed runner tracks"
    given = plan.stream_extractor or plan.extractor
    if given is not None:
        return f"{name_of(given)}, given as extractor="
    what = "result"
    for annotation in results_in(returns):
        streams = "generator" in plan.shape or is_stream_annotation(annotation)
        what = "chunks" if streams else what
        found = _registered(annotation, streams=streams)
        if found is not None and found.extractor is not None:
            return f"{name_of(found.extractor)} for {found.name}, {_origin(found.source)}"
    return f"the registry's, by the type of the {what}"


def _registered(annotation: Any, *, streams: bool) -> Registration | None:
    """What reads an annotated result; of a stream, its chunks."""
    if not streams:
        return find_for_annotation(annotation)
    kinds = [kind for argument in typing.get_args(annotation)[:1] for kind in alternatives(argument)]
    return next((found for kind in kinds if (found := find_for_annotation(kind, "chunk")) is not None), None)


def _origin(source: str) -> str:
    return _ORIGINS.get(source) or f"from the entry point {source!r}"


def _context(plan: Plan) -> str:
    if plan.context is not None:
        return "from context="
    around = "use_context, else configure, else the tracked call around"
    if plan.context_parameter is not None:
        return f"the argument {plan.context_parameter.name!r}, else from {around}"
    return f"from {around}"


def _open(plan: Plan) -> list[str]:
    points: list[str] = []
    if plan.tier.number is None:
        points.append("the tier, by the object returned")
    if plan.tier.number != 1 and plan.extractor is None and plan.stream_extractor is None:
        points.append("the extractor" if plan.tier.number in (None, 4) else "subclasses of the annotated type")
    return points
