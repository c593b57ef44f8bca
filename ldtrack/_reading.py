"""Reading a whole response, with the plan's extractor or with what the registry finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ldtrack._checked import checked
from ldtrack._faults import fault
from ldtrack._names import name_of
from ldtrack._registry import find

if TYPE_CHECKING:
    from ldai.providers.types import LDAIMetrics

    from ldtrack._plan import Plan


def read_response(plan: Plan, value: object) -> tuple[LDAIMetrics | None, type | None]:
    """Read a response; where nobody knows how, its type comes back instead."""
    extractor = plan.extractor
    if extractor is None:
        found = find(value)
        if found is None or found.extractor is None:
            return None, type(value)
        extractor = found.extractor
    try:
        return checked(extractor(value), extractor), None
    except Exception as exc:  # noqa: BLE001 -- C7: a failing extractor costs the tokens only
        fault("extractor", name_of(extractor), exc)
        return None, None
