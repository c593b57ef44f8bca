"""The provider SDKs that tests need: they do not all fit into one environment."""

from __future__ import annotations

import importlib
import os
import re
from typing import Any

import pytest

from corpus_folder import ROOT

FAMILIES = ROOT / "requirements/families"


def needs(module: str, distribution: str | None = None) -> Any:
    """Import an SDK, or skip the test file where the environment does not have it.

    In a family's environment (`make family FAMILY=...`) nothing that the family has may be missing: there it fails.

    Args:
        module: The SDK's module.
        distribution: What it is installed as, if that is not the module's name.
    """
    name = distribution or module.partition(".")[0]
    having = [path.stem for path in sorted(FAMILIES.glob("*.txt")) if has(path.read_text(encoding="utf-8"), name)]
    if os.environ.get("LDTRACK_FAMILY") in having:
        return importlib.import_module(module)
    hint = " or ".join(f"make family FAMILY={family}" for family in having)
    return pytest.importorskip(module, reason=f"{name} is not installed here: {hint or 'no family has it'}")


def has(pins: str, name: str) -> bool:
    """Tell whether a distribution is among pins."""
    return normalised(name) in {normalised(pin.partition("==")[0]) for pin in pins.splitlines()}


def normalised(name: str) -> str:
    """Return the name that indexes know a distribution by."""
    return re.sub("[-_.]+", "-", name).lower()
