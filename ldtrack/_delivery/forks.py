"""Clients that were made before a fork: their threads stayed behind in the parent."""

from __future__ import annotations

import os
import threading
from typing import Any

from ldtrack._faults import fault

_forked: list[None] = []
"""Not empty in a process that was forked from one that had imported ldtrack."""


def revive(client: Any) -> None:
    """Start a client anew that cannot work since it was made before the fork."""
    if not _forked or not _is_left_behind(client):
        return
    try:
        client.postfork()
    except Exception as exc:  # noqa: BLE001 -- D3: it may still evaluate what it has in memory
        fault("fork", type(client).__name__, exc)


def _is_left_behind(client: Any) -> bool:
    owner: Any = getattr(client, "_owner_pid", None)
    if isinstance(owner, int):
        return owner != os.getpid()
    # Older SDKs do not note their process, but their threads have names.
    return not any(thread.name.startswith("ldclient.") for thread in threading.enumerate())


if hasattr(os, "register_at_fork"):  # pragma: no branch -- not on Windows
    os.register_at_fork(after_in_child=lambda: _forked.append(None))
