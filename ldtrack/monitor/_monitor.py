"""The parts of a monitor, put together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.to_thread
import httpx
from starlette.routing import Route

from ldtrack.monitor._config_file import ConfigFile
from ldtrack.monitor._event_endpoints import event_routes
from ldtrack.monitor._flag_endpoints import flag_routes
from ldtrack.monitor._forward import Forwarder, Upstream, forward_routes, forwarding_client
from ldtrack.monitor._history import History
from ldtrack.monitor._received import ReceivedEvent
from ldtrack.monitor._recorded import Recorded
from ldtrack.monitor._served import ServedFlags


@dataclass
class Monitor:
    """What is served, what was received, and where from and where to."""

    flags: ServedFlags = field(default_factory=ServedFlags)
    recorded: Recorded = field(default_factory=Recorded)
    file: ConfigFile | None = None
    upstream: Upstream | None = None
    history: History | None = None

    def __post_init__(self) -> None:
        self._client: httpx.AsyncClient | None = forwarding_client() if self.upstream else None
        self._tell: Callable[[str], object] = _nobody
        self.troubles: dict[str, str] = {}
        """What keeps requests from being passed on, by where to."""
        if self.history is not None:
            self.recorded.add(self.history.events(), just_arrived=False)

    async def keep(self, payload_id: str, events: list[ReceivedEvent]) -> None:
        """Count the metrics of a payload, once; those of a store are on disk when this returns."""
        if not self.recorded.is_new(payload_id):
            return
        if self.history is not None and events:
            try:
                with anyio.CancelScope(shield=True):  # what is written has to be counted, too
                    await anyio.to_thread.run_sync(self.history.add, events)
            except Exception:
                self.recorded.forget_payload(payload_id)  # the SDK is told, and sends it again
                raise
        self.recorded.add(events)

    def note(self, root: str, trouble: str) -> None:
        """Tell, when it changes, whether requests are passed on to a place; an empty text for no trouble."""
        if trouble == self.troubles.get(root, ""):
            return
        if trouble:
            self.troubles[root] = trouble
        else:
            del self.troubles[root]
        self._tell(trouble or f"{root} answers again")

    def close(self) -> None:
        """Let go of the store."""
        if self.history is not None:
            self.history.close()

    def routes(self) -> list[Route]:
        """The endpoints that the SDK knows."""
        if self.upstream is not None and self._client is not None:
            return forward_routes(self.upstream, self.keep, Forwarder(self._client, self.note))
        return [*flag_routes(self.flags), *event_routes(self.keep)]

    @asynccontextmanager
    async def running(self, tell: Callable[[str], object]) -> AsyncGenerator[None, None]:
        """Do what goes on in the background for as long as a block lasts; `tell` gets lines for the terminal."""
        self._tell = tell
        async with anyio.create_task_group() as background:
            if self.file is not None:
                background.start_soon(self.file.follow, tell)
            try:
                yield
            finally:
                background.cancel_scope.cancel()
                if self._client is not None:
                    with anyio.CancelScope(shield=True):
                        await self._client.aclose()
                self.close()


def _nobody(_line: str) -> None:
    """Tell nobody, as long as there is no terminal."""
