"""The two readings that are a matter of taste; `configure` sets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass
class Switches:
    """How to count what a service reports as a normal stop, but the caller may not."""

    model_refusal: Literal["success", "error"] = "success"
    """A refusal that the model wrote itself and ended normally."""
    parsing_error: Literal["success", "error"] = "error"
    """A LangChain `include_raw` result whose text could not be parsed."""


switches = Switches()
