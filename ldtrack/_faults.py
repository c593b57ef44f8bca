"""Faults of the tracking itself: logged, never raised into the user's call, except in strict mode."""

from __future__ import annotations

from ldtrack._log import warn_once
from ldtrack._switches import switches

_MESSAGES = {
    "extractor": "extractor %s failed; tokens and tool calls are lost",
    "part": "extractor %s failed on a chunk",
    "chunk": "stream extractor %s failed on a chunk; what it counted may be incomplete",
    "factory": "no stream extractor could be made with %s; tokens and tool calls are lost",
    "estimate": "%s failed; the tokens of this stream are not estimated",
    "event": "%s: LaunchDarkly's tracker failed; a metric of this call is lost",
    "result": "%s: the result could not be examined; it was passed on as it is",
    "run": "%s: recording the end of a run failed; its metrics are lost",
    "tracker": "%s: no tracker could be made; this call records nothing",
    "on_finish": "%s: the on_finish function failed",
    "flush": "%s: flush() failed; what it has pending may not be sent",
    "close": "%s: close() failed; what it has pending may be lost",
    "fork": "%s: postfork() failed; in this process nothing is delivered",
    "join": "%s: the run could not be joined; it is counted by itself",
}
_HINT = ". configure(strict=True) raises it"
_TOLD = "_ldtrack_told"


def fault(kind: str, site: str, exc: BaseException, *, quiet: bool = False) -> None:
    """Log a fault once per site and kind.

    Args:
        kind: What failed.
        site: The call site.
        exc: The fault.
        quiet: Whether an exception of the user's is on its way, or a finaliser runs: then strict mode is silent too.
    """
    if _TOLD not in exc.__dict__:
        warn_once(kind, site, _MESSAGES[kind], site, exc=exc, hint=_HINT)
    if switches.strict and not quiet:
        exc.__dict__[_TOLD] = True  # it may pass others that look after faults
        raise exc


def problem(extractor: str, what: str, *args: object, quiet: bool = False) -> None:
    """Log once per extractor that what it is, or returned, cannot be right.

    Args:
        extractor: Its name.
        what: What is wrong.
        args: Fill in `what`.
        quiet: As in `fault`.
    """
    message = "extractor %s " + what
    warn_once("extractor", extractor, message, extractor, *args, hint=_HINT)
    if switches.strict and not quiet:
        error = TypeError(message % (extractor, *args))
        error.__dict__[_TOLD] = True
        raise error
