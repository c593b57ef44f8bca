"""Play every case through the real SDKs, a decorated function around each call."""

from __future__ import annotations

import functools
import gc
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import anthropic
import anyio
import openai
from ldclient import Context

from ldtrack import tracked
from ldtrack.demo._loopback import serve
from ldtrack.local import LocalLaunchDarkly
from ldtrack.replay._check import checks
from ldtrack.replay._drivers import SDK, ask
from ldtrack.replay._report import Report
from ldtrack.replay._server import app
from ldtrack.replay._shapes import Kind, Mode, Play, async_shapes, kind_of, sync_shapes

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case, Recording

Progress: TypeAlias = Callable[[int, int], None]
"""Told how many calls are done, and how many there are."""

_KEY = "replay"
_CALLS_PER_COLLECTION = 50
_CONFIGS = {_KEY: {"model": {"name": "recorded"}, "provider": {"name": "recorded"}}}
_Shapes: TypeAlias = Mapping[Kind, Mapping[str, Play]]


@dataclass(frozen=True)
class _Call:
    number: int
    case: Case
    driver: str
    mode: Mode
    shape: str
    play: Play

    def __str__(self) -> str:
        return f"{self.driver}, {self.mode} {self.shape}"


class _Stage:
    """The parts that every call needs: server, clients, LaunchDarkly, and the report."""

    def __init__(self, root: str, local: LocalLaunchDarkly, report: Report, progress: Callable[[], None]) -> None:
        self._root = root
        self._local = local
        self._report = report
        self._progress = progress

    def asking(self, call: _Call, clients: Mapping[str, Any]) -> Callable[[], Any]:
        client = clients[SDK[call.driver]].with_options(base_url=f"{self._root}/{call.number}")
        return functools.partial(ask, call.driver, client, call.case)

    @contextmanager
    def watched(self, call: _Call) -> Generator[None]:
        """Check what is recorded meanwhile."""
        self._local.clear()
        raised = None
        try:
            yield
        except Exception as exc:  # noqa: BLE001 -- whatever leaves the call is compared
            raised = exc
        found = list(checks(call.case, self._local.runs(), raised))
        self._report.add(SDK[call.driver], call.case, str(call), found)
        self._progress()


def replay(recording: Recording, progress: Progress) -> Report:
    """Play all cases, each shape, sync then async, one call after the other."""
    report = Report(recording.others)
    with serve(app(recording.cases)) as root, LocalLaunchDarkly(_CONFIGS) as local, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old recordings ask for models that the SDKs call deprecated
        track = tracked(_KEY, client=local.client, context=Context.create("replay"))
        sync_calls = list(_calls(recording.cases, "sync", sync_shapes(track)))
        async_calls = list(_calls(recording.cases, "async", async_shapes(track)))
        done = _counting(progress, len(sync_calls) + len(async_calls))
        stage = _Stage(root, local, report, done)
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


def _calls(cases: list[Case], mode: Mode, shapes: _Shapes) -> Iterator[_Call]:
    for number, case in enumerate(cases):
        for driver, modes in case.drivers.items():
            if mode in modes:
                for shape, play in shapes[kind_of(driver, case)].items():
                    yield _Call(number, case, driver, mode, shape, play)


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
        clients = {
            "openai": stack.enter_context(openai.OpenAI(**_options(root))),
            "anthropic": stack.enter_context(anthropic.Anthropic(**_options(root))),
        }
        for call in calls:
            with stage.watched(call):
                call.play(stage.asking(call, clients))


async def _play_async(stage: _Stage, calls: list[_Call], root: str) -> None:
    async with AsyncExitStack() as stack:
        clients = {
            "openai": await stack.enter_async_context(openai.AsyncOpenAI(**_options(root))),
            "anthropic": await stack.enter_async_context(anthropic.AsyncAnthropic(**_options(root))),
        }
        for call in calls:
            with stage.watched(call):
                await call.play(stage.asking(call, clients))


def _options(root: str) -> dict[str, Any]:
    return {"api_key": "any", "base_url": root, "max_retries": 0, "timeout": 60}
