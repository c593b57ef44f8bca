"""Switches that `configure` sets for code that knows nothing of the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass
class Switches:
    """How to count what is a matter of taste, and whether to raise faults."""

    model_refusal: Literal["success", "error"] = "success"
    """A refusal that the model wrote itself and ended normally."""
    parsing_error: Literal["success", "error"] = "error"
    """A LangChain `include_raw` result whose text could not be parsed."""
    strict: bool = False
    """Whether tracking faults are raised."""
    local: Any = None
    """The address of a local monitor, or a client, which stands for every LaunchDarkly client; an empty text for none,
    None for what the environment says."""


switches = Switches()
