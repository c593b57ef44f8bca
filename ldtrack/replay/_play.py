"""Play every case through the real SDKs, a decorated function around each call."""

from __future__ import annotations

import functools
import gc
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
from ldclient import Context

from ldtrack import tracked
from ldtrack._loopback import serve
from ldtrack.local import LocalLaunchDarkly
from ldtrack.replay._check import checks
from ldtrack.replay._report import Report
from ldtrack.replay._server import Player
from ldtrack.replay._shapes import Mode, Play, Shapes, async_shapes, sync_shapes
from ldtrack.replay.sdks import sdk_of

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case, Recording
    from ldtrack.replay._sdk import Sdk

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many calls are done, and how many there are."""

_KEY = "replay"
_CALLS_PER_COLLECTION = 50
_CONFIGS = {_KEY: {"model": {"name": "recorded"}, "provider": {"name": "recorded"}}}


@dataclass(frozen=True)
class _Call:
    case: Case
    driver: str
    sdk: Sdk
    mode: Mode
    shape: str
    play: Play

    def __str__(self) -> str:
        return f"{self.driver}, {self.mode} {self.shape}"


class _Stage:
    """The parts that every call needs: player, LaunchDarkly, and the report."""

    def __init__(self, player: Player, local: LocalLaunchDarkly, report: Report, progress: Callable[[], None]) -> None:
        self._player = player
        self._local = local
        self._report = report
        self._progress = progress

    @contextmanager
    def watched(self, call: _Call, client: Any) -> Generator[Callable[[], Any]]:
        """Give what makes the call, and check what is recorded meanwhile."""
        self._player.play(call.case)
        self._local.clear()
        raised = None
        try:
            yield functools.partial(call.sdk.ask, call.driver, client, call.case)
        except Exception as exc:  # noqa: BLE001 -- whatever leaves the call is compared
            raised = exc
        found = list(checks(call.case, call.driver, call.sdk, self._local.runs(), raised))
        self._report.add(call.sdk.name, call.case, str(call), found)
        self._progress()


def replay(recording: Recording, progress: Progress) -> Report:
    """Play all cases, each shape, sync then async, one call after the other."""
    report, player = Report(recording.others), Player()
    with serve(player.app()) as root, LocalLaunchDarkly(_CONFIGS) as local, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old recordings ask for models that the SDKs call deprecated
        track = tracked(_KEY, client=local.client, context=Context.create("replay"))
        sync_calls = list(_calls(recording.cases, "sync", functools.partial(sync_shapes, track)))
        async_calls = list(_calls(recording.cases, "async", functools.partial(async_shapes, track)))
        done = _counting(progress, len(sync_calls) + len(async_calls))
        stage = _Stage(player, local, report, done)
        with _collecting_between_calls():
            _play_sync(stage, sync_calls, root)
            anyio.run(_play_async, stage, async_calls, root)
    return report


@contextmanager
def _collecting_between_calls() -> Generator[None]:
    """Keep the collector out of the HTTP client, whose pool locks up when a broken stream is collected inside it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _calls(cases: list[Case], mode: Mode, shapes_of: Callable[[Callable[[Any], Any]], Shapes]) -> Iterator[_Call]:
    shapes: dict[str, Shapes] = {}
    for case in cases:
        for driver, how in case.drivers.items():
            sdk = sdk_of(driver)
            if sdk is None or mode not in how.modes or (mode == "async" and sdk.async_client is None):
                continue
            if sdk.name not in shapes:
                shapes[sdk.name] = shapes_of(sdk.chunks)
            for shape, play in shapes[sdk.name][sdk.kind(driver, case)].items():
                yield _Call(case, driver, sdk, mode, shape, play)


def _counting(progress: Progress, total: int) -> Callable[[], None]:
    numbers = iter(range(1, total + 1))

    def played() -> None:
        number = next(numbers)
        progress(number, total)
        if number % _CALLS_PER_COLLECTION == 0:
            gc.collect()

    return played


def _play_sync(stage: _Stage, calls: list[_Call], root: str) -> None:
    with ExitStack() as stack:
        clients = {sdk.name: stack.enter_context(sdk.client(root)) for sdk in _sdks(calls)}
        for call in calls:
            with stage.watched(call, clients[call.sdk.name]) as ask:
                call.play(ask)


async def _play_async(stage: _Stage, calls: list[_Call], root: str) -> None:
    async with AsyncExitStack() as stack:
        clients: dict[str, Any] = {}
        for sdk in _sdks(calls):
            if sdk.async_client is not None:
                clients[sdk.name] = await stack.enter_async_context(sdk.async_client(root))
        for call in calls:
            with stage.watched(call, clients[call.sdk.name]) as ask:
                await call.play(ask)


def _sdks(calls: list[_Call]) -> list[Sdk]:
    return list({call.sdk.name: call.sdk for call in calls}.values())
