"""Writer's SDK."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks._made_up import CHAT
from ldtrack.replay.sdks.openai import options

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

writerai: Any = importlib.import_module("writerai")


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Make the call."""
    return client.chat.chat(**CHAT, stream=case.streaming)


SDK = Sdk(
    name="writerai",
    packages=("writerai",),
    client=lambda root: writerai.Writer(**options(root)),
    async_client=lambda root: writerai.AsyncWriter(**options(root)),
    ask=ask,
)
