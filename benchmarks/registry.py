"""C2: what finding a response's extractor costs."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks.measure import beside, median_ratio
from ldtrack import register_extractor
from ldtrack._registry import find


class Response:
    """A response of a made-up provider."""


class Derived(Response):
    """A response that is found through its parent."""


class Unknown:
    """A response that nobody reads."""


@register_extractor(Response)
def read_nothing(_response: Any) -> None:
    """Tell nothing."""


def hit_ratio() -> float:
    """Finding the extractor of a known type, over one look-up in a dict."""
    return _ratio(Derived())


def miss_ratio() -> float:
    """Finding that a type has none, over one look-up in a dict."""
    return _ratio(Unknown())


def _ratio(response: object) -> float:
    known = {type(response): read_nothing}
    times = beside(
        {"registry": partial(find, response), "dict": partial(known.get, type(response))},
        number=50_000,
        rounds=15,
    )
    return median_ratio(times["registry"], times["dict"])
