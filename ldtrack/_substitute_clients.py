"""Clients that stand for LaunchDarkly's where a part of it fails: its event path, or its evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldai import LDAIClient

from ldtrack._faults import fault

if TYPE_CHECKING:
    from ldclient import Context


def careful(client: Any) -> LDAIClient:
    """An AI client whose events may fail without stopping an evaluation; it sends no usage events of its own."""
    substitute: Any = _Careful(client)
    return LDAIClient(substitute)


def only_defaults(client: Any) -> LDAIClient:
    """An AI client that finds no config, and so gives what the defaults describe."""
    substitute: Any = _OnlyDefaults(client)
    return LDAIClient(substitute)


class _Careful:
    """Stands for a client whose event path may be broken."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def track(self, event: str, *args: Any) -> None:
        # Neither an evaluation that is made again nor another AI client is news to LaunchDarkly.
        if event.startswith(("$ld:ai:sdk:", "$ld:ai:usage:")):
            return
        try:
            self._client.track(event, *args)
        except Exception as exc:  # noqa: BLE001 -- D3
            fault("event", "LDClient.track", exc, quiet=True)


class _OnlyDefaults(_Careful):
    """Stands for a client whose every flag is missing."""

    def variation(self, _key: str, _context: Context, default: Any) -> Any:
        return default
