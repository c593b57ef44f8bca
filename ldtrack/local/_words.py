"""Figures as people read them."""

from __future__ import annotations

_SECOND = 1000


def in_percent(share: float) -> str:
    """A share from 0 to 1, in percent."""
    return f"{share:.0%}" if share in (0, 1) else f"{share:.1%}"


def in_time(milliseconds: float) -> str:
    """Milliseconds as they are, or in seconds."""
    if milliseconds < _SECOND:
        return f"{milliseconds:.0f} ms"
    digits = 2 if milliseconds < 10 * _SECOND else 1
    return f"{milliseconds / _SECOND:,.{digits}f} s"
