"""Cohere's SDK, both versions of its API."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks._made_up import CHAT

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

cohere: Any = importlib.import_module("cohere")

_ONCE: Any = {"request_options": {"max_retries": 0}}
_EMBED: Any = {"model": "recorded", "texts": ["any text"], "input_type": "search_document", **_ONCE}
_RERANK: Any = {"model": "recorded", "query": "any", "documents": ["any text"], **_ONCE}
_CHAT_V1: Any = {"message": "Play what was recorded.", **_ONCE}

_ENDPOINTS: Mapping[str, Callable[[Any], Any]] = {
    "cohere.chat_v1": lambda client: client.chat(**_CHAT_V1),
    "cohere.chat_v2": lambda client: client.v2.chat(**CHAT, **_ONCE),
    "cohere.embed": lambda client: client.v2.embed(**_EMBED),
    "cohere.rerank": lambda client: client.v2.rerank(**_RERANK),
}
_STREAMS: Mapping[str, Callable[[Any], Any]] = {
    "cohere.chat_v1": lambda client: client.chat_stream(**_CHAT_V1),
    "cohere.chat_v2": lambda client: client.v2.chat_stream(**CHAT, **_ONCE),
}


def ask(_driver: str, client: Any, case: Case) -> Any:
    """Make the call."""
    return (_STREAMS if case.streaming else _ENDPOINTS)[case.endpoint](client)


SDK = Sdk(
    name="cohere",
    packages=("cohere",),
    client=lambda root: cohere.Client("any", base_url=root),
    async_client=lambda root: cohere.AsyncClient("any", base_url=root),
    ask=ask,
)
