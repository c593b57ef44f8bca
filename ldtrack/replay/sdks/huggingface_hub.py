"""Hugging Face's SDK, which talks to many providers of inference."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks._made_up import CHAT

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

huggingface_hub: Any = importlib.import_module("huggingface_hub")


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Make the call; an async stream has to be awaited too."""
    return client.chat_completion(CHAT["messages"], stream=case.streaming)


SDK = Sdk(
    name="huggingface_hub",
    packages=("huggingface_hub",),
    client=lambda root: huggingface_hub.InferenceClient(base_url=root, api_key="any"),
    async_client=lambda root: huggingface_hub.AsyncInferenceClient(base_url=root, api_key="any"),
    ask=ask,
)
