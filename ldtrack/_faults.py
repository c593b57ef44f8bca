"""Faults of the tracking itself: logged, never raised into the user's call, except in strict mode."""

from __future__ import annotations

from ldtrack._log import warn_once
from ldtrack._switches import switches

_MESSAGES = {
    "extractor": "extractor %s failed; tokens and tool calls are lost",
    "chunk": "stream extractor %s failed on a chunk; what it counted may be incomplete",
    "event": "%s: LaunchDarkly's tracker failed; a metric of this call is lost",
    "result": "%s: the result could not be examined; it was passed on as it is",
    "run": "%s: recording the end of a run failed; its metrics are lost",
    "tracker": "%s: no tracker could be made; this call records nothing",
    "on_finish": "%s: the on_finish function failed",
    "join": "%s: the run could not be joined; it is counted by itself",
}


def fault(kind: str, site: str, exc: BaseException, *, quiet: bool = False) -> None:
    """Log a fault once per site and kind.

    Args:
        kind: What failed.
        site: The call site.
        exc: The fault.
        quiet: Whether an exception of the user's is on its way, or a finaliser runs: then strict mode is silent too.
    """
    warn_once(kind, site, _MESSAGES[kind], site, exc=exc)
    if switches.strict and not quiet:
        raise exc
