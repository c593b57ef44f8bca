"""What the registry's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ldtrack import _registry


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """Take back what a test registered."""
    before = _registry.registered()
    yield
    for registration in _registry.registered():
        if registration.source == "user" and registration not in before:
            _registry.unregister(registration.key)
