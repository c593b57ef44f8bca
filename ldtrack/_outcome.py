"""The table of outcomes: success, error, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ldtrack._metrics import Outcome
    from ldtrack._settings import Interrupted

_SEQUENCES: tuple[type[Any], ...] = (tuple, list)


def outcome_of(
    exc: BaseException | None,
    read: Outcome,
    *,
    began: bool,
    interrupted: Interrupted,
    ignore: tuple[type[BaseException], ...],
) -> Outcome:
    """Decide how a run ended.

    Args:
        exc: What left the call; None where it returned or was drained, `GeneratorExit` where it was closed.
        read: What the response, or the part of the stream that was read, says of itself.
        began: Whether model output was seen.
        interrupted: The policy for interruptions.
        ignore: Exceptions that count as no outcome.
    """
    if exc is None:
        return read
    if isinstance(exc, ignore) or (isinstance(exc, GeneratorExit) and not began):
        return None
    if not is_interruption(exc) or read == "error":
        return "error"
    if interrupted == "auto":
        return "success" if began else "error"
    return None if interrupted == "ignore" else interrupted


def is_interruption(exc: BaseException) -> bool:
    """Whether nothing went wrong but somebody stopped it: cancellation, Ctrl-C, exit, close, a group of these."""
    if isinstance(exc, Exception):
        return False
    try:
        members: Any = getattr(exc, "exceptions", ())
    except Exception:  # noqa: BLE001 -- a property of the user's
        return True
    return all(is_interruption(member) for member in members) if isinstance(members, _SEQUENCES) else True
