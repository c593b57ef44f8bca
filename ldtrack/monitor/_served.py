"""The flags that are served now, and whoever follows them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import anyio

from ldtrack.local._configs import Flag

Change: TypeAlias = tuple[str, str]
"""The name of an event of the SDK's stream, and its data as JSON."""

_UNREAD = 1000
"""Changes that may wait for one reader; who is slower is cut off, comes again, and gets everything anew."""


class Follower:
    """What one reader of the stream has still to get."""

    def __init__(self) -> None:
        self.is_cut_off = False
        self._changes: list[Change] = []
        self._news = anyio.Event()

    def tell(self, change: Change) -> None:
        """Add a change, or cut the reader off."""
        if len(self._changes) < _UNREAD:
            self._changes.append(change)
        else:
            self.is_cut_off = True
        self._news.set()

    async def take(self, seconds: float) -> list[Change]:
        """Wait for changes, so long at most, and hand out what there is."""
        with anyio.move_on_after(seconds):  # nothing is taken inside, so that nothing is lost when time is up
            await self._news.wait()
        self._news = anyio.Event()
        changes, self._changes = self._changes, []
        return changes


class ServedFlags:
    """The flags by their keys; every change is told to each follower. For one event loop."""

    def __init__(self) -> None:
        self._flags: dict[str, Flag] = {}
        self._versions: dict[str, int] = {}
        self._switched_off: set[str] = set()
        self._followers: set[Follower] = set()
        self._started = uuid.uuid4().hex
        self._revision = 0

    def replace(self, flags: Mapping[str, Flag]) -> None:
        """Serve other flags from now on; what did not change keeps its version."""
        for key in self._flags.keys() - flags.keys():
            self._delete(key)
        changed = [key for key, flag in flags.items() if self._flags.get(key) != flag]
        self._flags = dict(flags)  # in the order of the file
        for key in changed:
            self._publish(key)

    def switch(self, key: str, *, on: bool) -> None:
        """Turn an AI config off, so that the SDK reports it as not enabled, or on again.

        Raises:
            KeyError: There is no such config.
        """
        if key not in self._flags:
            raise KeyError(f"no AI config {key!r}; there are {self.keys}")
        (self._switched_off.discard if on else self._switched_off.add)(key)
        self._publish(key)

    def is_on(self, key: str) -> bool:
        """Whether a config was left on."""
        return key not in self._switched_off

    @property
    def keys(self) -> list[str]:
        """The keys of the configs, in the order of the file."""
        return list(self._flags)

    def variations(self, key: str) -> list[dict[str, Any]]:
        """The variations of a config, as they stand in the file; none for what is not in it."""
        return list(self._flags.get(key, {}).get("variations", ()))

    @property
    def etag(self) -> str:
        """A text that changes whenever a flag does, and with every start."""
        return f'"{self._started}-{self._revision}"'

    def everything(self) -> dict[str, Any]:
        """All flags, as both the stream and polling deliver them."""
        return {"flags": {key: self._as_served(key) for key in self._flags}, "segments": {}}

    @property
    def follower_count(self) -> int:
        """How many streams are open."""
        return len(self._followers)

    @contextmanager
    def followed(self) -> Generator[Follower, None, None]:
        """Get everything, and then each change."""
        follower = Follower()
        follower.tell(("put", json.dumps({"path": "/", "data": self.everything()})))
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    def _publish(self, key: str) -> None:
        self._count_on(key)
        self._tell("patch", {"path": f"/flags/{key}", "data": self._as_served(key)})

    def _delete(self, key: str) -> None:
        del self._flags[key]
        self._switched_off.discard(key)
        self._tell("delete", {"path": f"/flags/{key}", "version": self._count_on(key)})

    def _count_on(self, key: str) -> int:
        # Also after a removal: the SDK ignores versions older than those of what it deleted.
        self._versions[key] = self._versions.get(key, 0) + 1
        self._revision += 1
        return self._versions[key]

    def _as_served(self, key: str) -> Flag:
        flag = {**self._flags[key], "version": self._versions[key]}
        if key in self._switched_off:
            flag["variations"] = list(map(_disabled, self.variations(key)))
        return flag

    def _tell(self, name: str, data: dict[str, Any]) -> None:
        change = (name, json.dumps(data))
        for follower in self._followers:
            follower.tell(change)


def _disabled(variation: dict[str, Any]) -> dict[str, Any]:
    return {**variation, "_ldMeta": {**variation["_ldMeta"], "enabled": False}}
