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
    for table in _registry._tables.values():
        leave_built_in(table)


def leave_built_in(table: Any) -> None:
    """Take out what a test registered, or had an entry point register."""
    if all(map(is_built_in, table.entries())):
        return
    table._predicates = [*filter(is_built_in, table._predicates)]
    table._keyed = {place: [*filter(is_built_in, entries)] for place, entries in table._keyed.items()}
    table._forget()


def is_built_in(entry: Any) -> bool:
    """Whether it comes with ldtrack."""
    return bool("built-in" == entry.registration.source)
