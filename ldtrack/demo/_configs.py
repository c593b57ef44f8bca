"""The demo's AI configs, in the shape in which LaunchDarkly keeps them."""

from __future__ import annotations

from typing import Any

_VOICE = "You answer for a bicycle rental. Be {{tone}} and brief."


# Dollars for one token, made up like the models: `ldtrack demo --open` shows what the answers cost.
_PRICES = {
    "demo-small": {"costPerInputToken": 0.000_000_2, "costPerOutputToken": 0.000_000_8},
    "demo-large": {"costPerInputToken": 0.000_003, "costPerOutputToken": 0.000_015},
}


def _variation(provider: str, model: str, instructions: str = _VOICE) -> dict[str, Any]:
    return {
        "model": {"name": model, "custom": _PRICES[model]},
        "provider": {"name": provider},
        "messages": [{"role": "system", "content": instructions}],
    }


CONFIGS: dict[str, Any] = {
    "support": {
        "variations": {"brief": _variation("OpenAI", "demo-small"), "thorough": _variation("OpenAI", "demo-large")},
        "rules": [{"attribute": "plan", "in": ["pro"], "variation": "thorough"}],
        "default": "brief",
    },
    "managed": _variation("OpenAI", "demo-small", "You answer for a bicycle rental."),
    "orders": _variation("OpenAI", "demo-small", "Look orders up before you answer."),
    "releases": _variation("OpenAI", "demo-small", "Sum up for users, not for developers."),
    "shop-copy": _variation("Anthropic", "demo-large", "You write for a shop window."),
    "tips": {"_ldMeta": {"enabled": False}, **_variation("OpenAI", "demo-small")},
}
