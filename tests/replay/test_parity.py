"""A decorated call sends the very events of hand-written LaunchDarkly code, over recorded traffic.

The hand-written side is what LaunchDarkly documents: `completion_config`, `create_tracker` and `track_metrics_of`
with the extractor of its OpenAI package. Durations and run ids aside, both sides send the same events, but for what
`providers.md` section 13 found wrong or missing in that extractor. These are rules, not cases:

- it never fills tool calls;
- it always claims success, also for a response that says that it failed or was filtered;
- it reads a Responses API object as 0 input and 0 output tokens;
- it is silent on raw responses and on Anthropic's messages: no tokens.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import anthropic
import anyio
import openai
import pytest
from anthropic.types import Message
from anthropic.types.beta import BetaMessage
from ldai import LDAIClient
from ldclient import Context
from openai._legacy_response import LegacyAPIResponse
from openai.types.responses import Response

from ldtrack import tracked
from ldtrack._loopback import serve
from ldtrack.local import LocalLaunchDarkly
from ldtrack.replay._cases import Case, load
from ldtrack.replay._server import Player
from ldtrack.replay._shapes import Mode
from ldtrack.replay.sdks import sdk_of

official = pytest.importorskip("ldai_openai", reason="LaunchDarkly's OpenAI package is not installed")

KEY = "parity"
USER = Context.create("user-1")
CONFIG = {
    "variations": {
        "one": {
            "_ldMeta": {"enabled": True, "variationKey": "one", "version": 7},
            "model": {"name": "recorded"},
            "provider": {"name": "OpenAI"},
            "messages": [{"role": "system", "content": "Be kind."}],
        }
    }
}
INPUT, OUTPUT, TOTAL = (f"$ld:ai:tokens:{kind}" for kind in ("input", "output", "total"))
SUCCESS, ERROR = "$ld:ai:generation:success", "$ld:ai:generation:error"
TOOL_CALL = "$ld:ai:tool_call"

OURS = ("openai", "openai_raw_response", "anthropic")
Event = tuple[str, Any, Any]


def misread(case: Case, response: Any) -> set[str]:
    """Return the events that the official extractor gets wrong for this response, by the rules above."""
    wrong = {TOOL_CALL}
    if response is not None and case.expected.success is not True:
        wrong |= {SUCCESS, ERROR}
    if isinstance(response, Response):
        wrong |= {INPUT, OUTPUT}
    if isinstance(response, LegacyAPIResponse | Message | BetaMessage):
        wrong |= {INPUT, OUTPUT, TOTAL}
    return wrong


def by_hand(launchdarkly: LDAIClient, mode: Mode, call: Callable[[], Any]) -> Any:
    """Track a call as LaunchDarkly documents it."""
    config = launchdarkly.completion_config(KEY, USER)
    tracker = config.create_tracker()
    track = tracker.track_metrics_of if mode == "sync" else tracker.track_metrics_of_async
    return track(official.get_ai_metrics_from_response, call)


def plainly(call: Callable[[], Any]) -> Any:
    """Make the call."""
    return call()


async def asynchronously(call: Callable[[], Any]) -> Any:
    """Make the call and await it."""
    return await call()


async def attempt(function: Callable[[], Any]) -> Any:
    """Return the response, or None after an HTTP error."""
    try:
        response = function()
        return await response if inspect.isawaitable(response) else response
    except (openai.APIStatusError, anthropic.APIStatusError):
        return None


async def plain_calls(
    cases: list[Case], mode: Mode, player: Player, root: str
) -> AsyncIterator[tuple[Case, Callable[[], Any]]]:
    """Give every recorded call that is no stream, once for each driver that can make it in this mode."""
    sdks = {driver: sdk_of(driver) for driver in OURS}
    async with contextlib.AsyncExitStack() as stack:
        clients = {
            driver: stack.enter_context(sdk.client(root))
            if mode == "sync"
            else await stack.enter_async_context(sdk.async_client(root))
            for driver, sdk in sdks.items()
        }
        for case in cases:
            player.play(case)
            for driver, how in case.drivers.items() if not case.streaming else ():
                if mode in how.modes:
                    yield case, functools.partial(sdks[driver].ask, driver, clients[driver], case)


@pytest.fixture
def stage() -> Iterator[tuple[Player, str, LocalLaunchDarkly]]:
    """A player, its URL, and a LaunchDarkly."""
    player = Player()
    with serve(player.app()) as root, LocalLaunchDarkly({KEY: CONFIG}) as local, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old recordings ask for models that the SDKs call deprecated
        yield player, root, local


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_decorated_calls_send_the_events_of_hand_written_code(corpus, stage, mode: Mode):
    """Key by key, value by value, and in the same number; only the rules above may differ."""
    recording = load(corpus, OURS.__contains__)
    different, excused, compared = anyio.run(compare, recording.cases, mode, *stage)

    assert different == []
    assert compared > excused > 0


async def compare(
    cases: list[Case], mode: Mode, player: Player, root: str, local: LocalLaunchDarkly
) -> tuple[list[str], int, int]:
    """Make each call in both ways; tell which differ, and how many were excused and compared."""
    different: list[str] = []
    excused = compared = 0
    launchdarkly = LDAIClient(local.client)
    body = plainly if mode == "sync" else asynchronously
    decorated = tracked(KEY, client=launchdarkly, context=USER, variables={})(body)
    async for case, call in plain_calls(cases, mode, player, root):
        local.clear()
        response = await attempt(lambda call=call: by_hand(launchdarkly, mode, call))
        theirs = comparable(local)
        local.clear()
        await attempt(lambda call=call: decorated(call))
        ours = comparable(local)

        wrong = misread(case, response)
        compared += 1
        excused += ours != theirs
        if without(wrong, ours) != without(wrong, theirs):
            different.append(f"{case.id}: {ours} instead of {theirs}")
    return different, excused, compared


def comparable(local: LocalLaunchDarkly) -> list[Event]:
    """Return what was sent, without what is different each time: durations and run ids."""
    return sorted(
        (event.key, None if "duration" in event.key else event.metric_value, without_run(event.data), event.context.key)
        for event in local.events
    )


def without_run(data: Any) -> Any:
    """Return an event's payload in a form that can be sorted, without the run id."""
    return sorted((name, value) for name, value in data.items() if name != "runId") if isinstance(data, dict) else data


def without(keys: set[str], events: list[Event]) -> list[Event]:
    """Leave events out by their keys."""
    return [event for event in events if event[0] not in keys]
