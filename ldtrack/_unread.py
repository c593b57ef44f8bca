"""Warnings of tokens that nobody can read: once per call site, with the line that cures it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldtrack._log import is_told, warn_once
from ldtrack._names import name_of
from ldtrack._registry import is_registered_by_hand, near_misses, unapplied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ldtrack._plan import Plan


def warn_unasked(site: str, option: str, tracker: Any) -> None:
    """Say how tokens are asked for, unless they were tracked by hand."""
    if tracker.get_summary().tokens is None:
        message = "%s: the tokens are told only if asked for, so none are tracked: ask for them with `%s`"
        warn_once("unasked", site, message, site, option)


def warn_unread(plan: Plan, kind: type, tracker: Any, *, streamed: bool) -> None:
    """Say that nobody knows where the tokens are, unless they were tracked by hand."""
    if tracker.get_summary().tokens is not None:
        return
    message = (
        "%s: no extractor knows %s.%s, so its tokens are not tracked. %s, %s, or report them "
        "with `current_run().tracker.track_tokens(...)`"
    )
    own = (
        "Yield the provider's own chunks or read them inside with `track_stream()`"
        if streamed
        else "Return the provider's own response"
    )
    slips = [] if is_told("unread", plan.site) else list(_slips(plan, kind, streamed=streamed))
    args = (plan.site, kind.__module__, kind.__qualname__, own, _cure(kind, streamed=streamed), *slips)
    warn_once("unread", plan.site, message + ". %s" * len(slips), *args)


def _cure(kind: type, *, streamed: bool) -> str:
    if kind.__module__ == "builtins":  # a registered `str` would be every text that any call returns
        return "give an `extractor=`, or register one with a predicate"
    register = "register_stream_extractor" if streamed else "register_extractor"
    return f"add an extractor with `@{register}({kind.__qualname__})`"


def _slips(plan: Plan, kind: type, *, streamed: bool) -> Iterator[str]:
    """What was done to have it read, and missed."""
    forgotten, near = unapplied(), near_misses(kind, "chunk" if streamed else "response")
    if forgotten:
        yield f"{forgotten} was registered without what it reads: write it as in `@register_extractor(Reply)`"
    if near:
        yield f"{near} is registered and does not match: it may be misspelt"
    if is_registered_by_hand(kind, "response" if streamed else "chunk"):
        yield f"{kind.__qualname__} is registered as a {'response' if streamed else 'chunk'} only"
    if plan.stream_extractor is not None and not streamed:
        yield f"`extractor=` has {name_of(plan.stream_extractor)}, which reads streams, and this result is none"
