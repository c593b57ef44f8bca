"""What the tokens of a variation cost, where it names prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from ldtrack.local import VariationMetrics

INPUT_PRICE = "costPerInputToken"
OUTPUT_PRICE = "costPerOutputToken"
"""The names of LaunchDarkly's model configs, for what one token costs; here they stand in `model.custom`."""


def cost_of(metrics: VariationMetrics, variations: list[dict[str, Any]]) -> float | None:
    """Return the cost of all tokens; None where the variation names no price for tokens that it used."""
    prices = _prices(metrics.variation_key, variations)
    used = [(metrics.input_tokens, prices.get(INPUT_PRICE)), (metrics.output_tokens, prices.get(OUTPUT_PRICE))]
    if not prices or any(count and not isinstance(price, int | float) for count, price in used):
        return None
    return float(sum(count * price for count, price in used if count and price))


def _prices(variation_key: str | None, variations: list[dict[str, Any]]) -> Mapping[str, Any]:
    for variation in variations:
        if _part(variation, "_ldMeta").get("variationKey") == variation_key:
            custom = _part(_part(variation, "model"), "custom")
            return {name: custom[name] for name in (INPUT_PRICE, OUTPUT_PRICE) if name in custom}
    return {}


def _part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = whole.get(name)
    return cast("Mapping[str, Any]", part) if isinstance(part, Mapping) else {}
