"""Functions that return what `contextlib` makes of a generator function (F5, B4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest

from ldtrack import tracked
from ldtrack.demo import answering
from support import KEY, Stream, whole


@contextmanager
def own(entered: Any) -> Iterator[Any]:
    """Be a context of the app."""
    yield entered


@asynccontextmanager
async def own_async(entered: Any) -> AsyncIterator[Any]:
    """Be an async one."""
    yield entered


@contextmanager
def sdks(entered: Any) -> Iterator[Any]:
    """Be a context of an SDK, told by its module."""
    yield entered


@tracked(KEY)
def ask(context: Any) -> Any:
    """Give a context."""
    return context


def of_sdk(monkeypatch: pytest.MonkeyPatch, entered: Any) -> Any:
    """Make a context that looks as if an SDK had made it."""
    context = sdks(entered)
    monkeypatch.setitem(context.gen.gi_frame.f_globals, "__name__", "pydantic_ai.agent")
    return context


def test_f5_a_stream_in_an_sdks_context_is_followed_when_it_is_entered(ld, monkeypatch):
    """Nothing ends before; the stream is the very object."""
    stream = Stream(whole())
    with ask(of_sdk(monkeypatch, stream)) as entered:
        assert [] == ld.runs()
        assert entered is stream
        list(entered)

    (run,) = ld.runs()
    assert ("success", 8) == (run.outcome, run.total_tokens)


def test_f5_anything_else_in_an_sdks_context_is_a_response(ld):
    """Httpx gives a response that nobody has read; it goes to the caller as it is."""
    with answering("{}") as url, ask(httpx.stream("POST", url)) as response:
        assert isinstance(response, httpx.Response)
        assert b"{}" == response.read()

    assert ["success"] == [run.outcome for run in ld.runs()]


@pytest.mark.anyio
@pytest.mark.parametrize("make", [own, own_async])
async def test_f5_the_apps_own_contexts_are_results(ld, make):
    """They may be about anything: the call has ended when it returns."""
    stream = Stream(whole())
    context = ask(make(stream))

    assert ["success"] == [run.outcome for run in ld.runs()]
    if make is own:
        with context as entered:
            assert entered is stream
    else:
        async with context as entered:
            assert entered is stream
