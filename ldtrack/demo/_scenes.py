"""The scenes of the demo, in their order: each plays decorated functions for some users at a time."""

from __future__ import annotations

import importlib.util
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
import anyio.to_thread
import openai

from ldtrack import send_feedback
from ldtrack.demo import _calls, _script

if TYPE_CHECKING:
    from ldclient import Context

    from ldtrack.demo._stage import Stage

Play: TypeAlias = Callable[["Stage", "Context"], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Scene:
    """One way to use ldtrack, played for so many users at once."""

    tier: str
    what: str
    play: Play
    users: int = 6


def scenes() -> list[Scene]:
    """All scenes that can be played here; tier 1 needs LaunchDarkly's package for OpenAI."""
    managed_can_run = importlib.util.find_spec("ldai_openai") is not None
    return [scene for scene in _SCENES if scene.play is not _managed or managed_can_run]


async def _managed(_stage: Stage, user: Context) -> None:
    await _calls.managed(_script.RENT, user)


async def _answer(stage: Stage, user: Context) -> None:
    await _calls.answer(stage.async_openai, _script.RENT, user)


async def _release_notes(stage: Stage, user: Context) -> None:
    await _in_thread(_calls.release_notes, stage.openai, _script.RELEASE, user)


async def _slogan(stage: Stage, user: Context) -> None:
    await _in_thread(_calls.slogan, stage.anthropic, _script.SLOGAN, user)


async def _description(stage: Stage, user: Context) -> None:
    await _calls.description(stage.async_anthropic, _script.DESCRIPTION, user)


async def _stream_answer(stage: Stage, user: Context) -> None:
    async for _ in _calls.stream_answer(stage.async_openai, _script.LATE, user):
        pass


async def _stream_copy(stage: Stage, user: Context) -> None:
    await _in_thread(lambda: _drain(_calls.stream_copy(stage.anthropic, _script.DESCRIPTION, user)))


async def _returned_stream(stage: Stage, user: Context) -> None:
    await _in_thread(lambda: _drain(_calls.returned_stream(stage.openai, _script.RELEASE, user)))


async def _managed_stream(stage: Stage, user: Context) -> None:
    def consume() -> None:
        with _calls.managed_stream(stage.anthropic, _script.SLOGAN, user) as stream:
            _drain(stream.text_stream)

    await _in_thread(consume)


async def _inline(stage: Stage, user: Context) -> None:
    token = await _calls.inline(stage.async_openai, stage.launchdarkly, _script.HELMET, user)
    stage.feedback.append((token, user))


async def _order_agent(stage: Stage, user: Context) -> None:
    await _calls.order_agent(stage.async_openai, _script.ORDER, user)


async def _failing(stage: Stage, user: Context) -> None:
    question = _script.OVERLOADED if user.key < "b" else _script.TOO_MANY
    with suppress(openai.APIStatusError):  # the application's own handling; ldtrack has recorded an error
        await _calls.answer(stage.async_openai, question, user)


async def _cancelled(stage: Stage, user: Context) -> None:
    with anyio.move_on_after(0.4):
        async for _ in _calls.stream_answer(stage.async_openai, _script.TOUR, user):
            pass


async def _switched_off(stage: Stage, user: Context) -> None:
    await _in_thread(_calls.holiday_tips, stage.openai, _script.TOUR, user)


async def _feedback(stage: Stage, _user: Context) -> None:
    token, user = stage.feedback.pop()
    send_feedback(token, positive=len(stage.feedback) != 1, context=user)


async def _in_thread(function: Callable[..., Any], *args: Any) -> None:
    await anyio.to_thread.run_sync(function, *args)


def _drain(stream: Any) -> None:
    deque(stream, maxlen=0)


_SCENES = [
    Scene("1", "async function, LaunchDarkly's managed runner", _managed, users=3),
    Scene("2", "async function, OpenAI chat completions", _answer),
    Scene("2", "sync function, OpenAI Responses API", _release_notes),
    Scene("3", "sync function, Anthropic messages", _slogan),
    Scene("3", "async function, type and extractor of its own", _description),
    Scene("4", "async generator over an OpenAI stream", _stream_answer, users=8),
    Scene("4", "generator over an Anthropic stream", _stream_copy),
    Scene("4", "function that returns a Responses stream", _returned_stream),
    Scene("4", "function that returns Anthropic's stream manager", _managed_stream),
    Scene("4", "track_stream around a tracker, no decorator", _inline, users=5),
    Scene("2", "tool loop: two model calls, one run", _order_agent, users=4),
    Scene("2", "the provider answers 500 and 429", _failing, users=2),
    Scene("4", "the consumer cancels the stream half-way", _cancelled, users=2),
    Scene("2", "config switched off: the fallback answers", _switched_off, users=3),
    Scene("-", "users rate earlier answers, by resumption token", _feedback, users=5),
]
