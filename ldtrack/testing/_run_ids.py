"""Run ids that tests set."""

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

import ldai.client as maker


@contextmanager
def run_ids(*ids: str) -> Generator[None, None, None]:
    """Give the runs that begin in a block these ids, in their order; later ones get random ids, as always.

    Raises:
        ValueError: Two of the ids are equal: their events would look like those of one run.
    """
    if len(set(ids)) < len(ids):
        raise ValueError(f"each run needs an id of its own: {', '.join(ids)}")
    waiting = iter(ids)
    # The SDK mints the id itself and has no setting for it: `uuid4` is all that its client takes from the module.
    module = cast("Any", maker)
    module.uuid = SimpleNamespace(uuid4=lambda: next(waiting, None) or uuid.uuid4())
    try:
        yield
    finally:
        module.uuid = uuid
