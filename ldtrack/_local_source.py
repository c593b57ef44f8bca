"""A client for `ldtrack monitor`: flags come from there, and events go there."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from ldclient import LDClient
from ldclient.config import Config

from ldtrack._checks import check_address
from ldtrack._errors import ConfigurationError
from ldtrack._log import warn_once
from ldtrack._switches import switches
from ldtrack._whereabouts import Whereabouts, note_whereabouts

VARIABLE = "LDTRACK_LOCAL"
_SDK_KEY = "LAUNCHDARKLY_SDK_KEY"
_REFUSALS = (401, 403, 404)
_REFUSED = (
    "give the whole address that `ldtrack monitor` printed, with the token in it; with --forward, an SDK key, too"
)
_CURES = Whereabouts(
    "enable it on the page of the local monitor, or in LaunchDarkly if that forwards",
    "check its key in the file of the local monitor, or in LaunchDarkly if that forwards",
    f"check the address that {VARIABLE} or configure(local=) gives",
)
_PROXY = "; if it runs, the SDK may be asking your http_proxy for it: name its host in no_proxy"


class LocalSource:
    """Makes the client for one address when it is called."""

    def __init__(self, address: str) -> None:
        self._address = address

    def __call__(self) -> LDClient:
        """Connect, for the SDK's five seconds at most; a server that starts later is found later."""
        key, root = _key_and_root(self._address)
        client = LDClient(Config(key, base_uri=root, stream_uri=root, events_uri=root, diagnostic_opt_out=True))
        note_whereabouts(client, lambda: _CURES)
        if not client.is_initialized():
            _warn(root, getattr(client.data_source_status_provider.status.error, "status_code", 0))
        return client


def _warn(root: str, status: int) -> None:
    """Say what is wrong with an address; the status is that of its answer, 0 if there was none."""
    if not status:
        message = "nothing answers at %s: start it with `ldtrack monitor CONFIGS`"
        warn_once("local", root, message, root, hint=_PROXY if "http_proxy" in os.environ else "")
        return
    cure = _REFUSED if status in _REFUSALS else "its terminal, and its page, say why"
    warn_once("local", root, "%s answers with status %d, and serves no AI configs: %s", root, status, cure)


def local_source() -> Any:
    """Return what stands for every client now: what makes one for the local monitor, or a client; None for nothing.

    Raises:
        ConfigurationError: The environment variable holds no address.
    """
    given = os.environ.get(VARIABLE) if switches.local is None else switches.local
    if isinstance(given, str):
        return _source(given) if given else None
    return given


def check_local(value: object) -> None:
    """Raise `TypeError` or `ValueError` for what is no address."""
    if value is not None:
        check_address(value, "local")


@lru_cache(maxsize=8)
def _source(address: str) -> LocalSource:
    try:
        check_address(address, VARIABLE)
    except ValueError as exc:
        raise ConfigurationError(str(exc)) from exc
    return LocalSource(address)


def _key_and_root(address: str) -> tuple[str, str]:
    """Take the SDK key, which a monitor that forwards needs, out of an address, or from where apps keep it."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    key = unquote(parts.username or "") or os.environ.get(_SDK_KEY) or "local"
    return key, urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
