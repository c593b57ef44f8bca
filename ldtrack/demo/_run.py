"""Run the demo: the provider, LaunchDarkly in memory, then scene after scene."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

import anyio

from ldtrack import configure
from ldtrack._loopback import environment, serve
from ldtrack._switches import switches
from ldtrack.demo._configs import CONFIGS
from ldtrack.demo._page import Shown
from ldtrack.demo._provider import app
from ldtrack.demo._scenes import Scene, scenes
from ldtrack.demo._stage import USERS, Stage, stage
from ldtrack.local import LocalLaunchDarkly, Monitoring

if TYPE_CHECKING:
    from ldtrack.local import CustomEvent

Announce: TypeAlias = Callable[[Scene], AbstractContextManager[Callable[[str], None]]]
"""Shows a scene while it runs; what it gives takes the scene's result in words."""


def run(announce: Announce, shown: Shown | None = None) -> Monitoring:
    """Play all scenes; gives what the Monitoring tab would show. `shown` gets the events of each."""
    with serve(app()) as root, LocalLaunchDarkly(CONFIGS) as local, _managed_runner(root):
        switches.local = ""  # whatever the environment says, the demo has a LaunchDarkly of its own
        configure(client=local.client)
        anyio.run(partial(_play, root, local, announce, shown or _unseen))
        return local.monitoring()


@contextmanager
def _managed_runner(root: str) -> Generator[None]:
    """Lead LaunchDarkly's managed runner to our provider: it makes its OpenAI client from the environment."""
    with environment(OPENAI_BASE_URL=f"{root}/v1", OPENAI_API_KEY="demo"):
        yield


async def _play(root: str, local: LocalLaunchDarkly, announce: Announce, shown: Shown) -> None:
    async with stage(root, local) as scenery:
        for scene in scenes():
            before = len(local.events)
            with announce(scene) as result:
                await _play_scene(scene, scenery)
                result(_in_words(local.events[before:]))
            shown(local.events[before:])


async def _play_scene(scene: Scene, scenery: Stage) -> None:
    async with anyio.create_task_group() as group:
        for user in USERS[: scene.users]:
            group.start_soon(scene.play, scenery, user)


def _unseen(_events: Iterable[CustomEvent]) -> None:
    pass


def _in_words(events: list[CustomEvent]) -> str:
    """Count what was tracked: outcomes and feedback."""
    words = {"generation:success": "success", "generation:error": "error", "positive": "up", "negative": "down"}
    found = Counter(word for event in events for end, word in words.items() if event.key.endswith(end))
    return ", ".join(f"{count} {word}" for word, count in found.items()) or "nothing tracked"
