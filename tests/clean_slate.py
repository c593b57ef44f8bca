"""No test sees what another one configured, registered or was warned of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ldtrack import _registry, _settings
from ldtrack._log import forget_warnings


@pytest.fixture(autouse=True)
def clean_slate() -> Iterator[None]:
    """Forget what a test configured and registered, and the warnings it used up."""
    yield
    _settings.reset()
    forget_warnings()
    _registry._unapplied.clear()
    for key in registered_by_hand():
        _registry.unregister(key)


def registered_by_hand() -> set[Any]:
    """Return the keys of registrations that a test made, without loading what else the registry could know."""
    entries = (entry for table in _registry._tables.values() for entry in table.entries())
    return {entry.registration.key for entry in entries if entry.registration.source == "user"}
