"""E3: the duration ends when the call does, not when ldtrack has read what its exception carries."""

from __future__ import annotations

import time
from typing import Any

import pytest

from contract.helpers import Watch
from ldtrack import _run, tracked
from support import KEY, only_run


def test_e3_reading_an_exception_is_not_counted(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first exception of a kind may even load a provider's module."""
    watch = Watch()
    called: list[float] = []

    def slow(_exc: BaseException, _site: str) -> None:
        called.append(watch.ms)
        time.sleep(0.05)

    monkeypatch.setattr(_run, "read_exception", slow)

    @tracked(KEY)
    def answer() -> None:
        raise ValueError

    with pytest.raises(ValueError):
        answer()

    duration = only_run(ld).duration_ms
    assert duration is not None
    assert duration <= called[0]
