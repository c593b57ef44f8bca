"""D2: same arguments, same object, same exception."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from contract.helpers import break_metrics
from ldtrack import (
    tracked,
)
from support import (
    CALLS,
    KEY,
    STREAMS,
    Call,
    Reply,
    Shape,
    hello,
)

pytestmark = pytest.mark.anyio


calls = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.__name__)


streams = pytest.mark.parametrize("shape", STREAMS, ids=str)


@calls
async def test_d2_same_exception_no_context_no_hiding_frames(ld: Any, call: Call) -> None:
    """The exception has no added context or cause, and its last frame is the user's."""
    boom = ValueError("boom")
    with pytest.raises(ValueError) as caught:
        await call(boom)

    assert boom is caught.value
    assert (None, None, False) == (boom.__context__, boom.__cause__, boom.__suppress_context__)
    assert "support.py" in traceback.extract_tb(boom.__traceback__)[-1].filename


@streams
async def test_d2_same_exception_of_a_stream(ld: Any, shape: Shape) -> None:
    """Also for streams, at a step in the middle."""
    boom = ValueError("boom")
    handle = await shape.open([hello(), boom])
    with pytest.raises(ValueError) as caught:
        await handle.drain()

    assert boom is caught.value
    assert (None, None) == (boom.__context__, boom.__cause__)
    assert "support.py" in traceback.extract_tb(boom.__traceback__)[-1].filename


async def test_d2_existing_context_is_kept(ld: Any) -> None:
    """The user's own chain of exceptions is untouched."""

    @tracked(KEY)
    def answer() -> Reply:
        try:
            raise KeyError("first")
        except KeyError as exc:
            raise ValueError("second") from exc

    with pytest.raises(ValueError) as caught:
        answer()
    assert isinstance(caught.value.__cause__, KeyError)
    assert caught.value.__context__ is caught.value.__cause__
    assert caught.value.__cause__.__context__ is None


async def test_d2_context_of_a_call_inside_except(ld: Any) -> None:
    """Called while another exception is handled, the context is that one, as undecorated."""

    @tracked(KEY)
    def answer() -> Reply:
        raise ValueError("inner")

    first = KeyError("outer")
    try:
        raise first
    except KeyError:
        with pytest.raises(ValueError) as caught:
            answer()
    assert first is caught.value.__context__


async def test_d2_broken_tracking_adds_no_context(ld: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of the SDK while recording an exception does not show in that exception."""
    break_metrics(ld, monkeypatch)
    for call in CALLS:
        with pytest.raises(ValueError) as caught:
            await call(ValueError("boom"))
        assert (None, None) == (caught.value.__context__, caught.value.__cause__)


async def test_d2_arguments_arrive_as_they_are(ld: Any) -> None:
    """Positional, keyword, variadic and mutable arguments are the caller's own objects."""
    basket: list[int] = []

    @tracked(KEY)
    def answer(a: Any, /, b: Any, *rest: Any, c: Any = 1, **more: Any) -> Any:
        b.append(1)
        return a, b, rest, c, more

    result = answer(basket, basket, basket, c=2, self=3, config_key=4, args=5, kwargs=6, func=7)
    assert (basket, basket, (basket,), 2) == result[:4]
    assert result[1] is basket
    assert {"self": 3, "config_key": 4, "args": 5, "kwargs": 6, "func": 7} == result[4]
