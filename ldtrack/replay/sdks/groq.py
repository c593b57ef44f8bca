"""Groq's SDK."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks.openai import arguments, options

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

groq: Any = importlib.import_module("groq")


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Make the call."""
    return client.chat.completions.create(**arguments(case, ("model", "messages")), stream=case.streaming)


SDK = Sdk(
    name="groq",
    packages=("groq",),
    client=lambda root: groq.Groq(**options(root)),
    async_client=lambda root: groq.AsyncGroq(**options(root)),
    ask=ask,
)
