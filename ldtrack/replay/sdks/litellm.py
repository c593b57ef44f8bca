"""litellm, in front of the providers whose answers were recorded."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from ldtrack.replay._sdk import Sdk
from ldtrack.replay.sdks._made_up import CHAT

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else importing it asks the network for prices

_OUTPUT = re.compile(rb'"(?:content|text|thinking|partial_json|reasoning(?:_content)?|name)": *"[^"]')

litellm: Any = importlib.import_module("litellm")
litellm.suppress_debug_info = True


@contextmanager
def _client(root: str) -> Generator[Any]:
    options = _options(root)
    yield SimpleNamespace(
        completion=partial(litellm.completion, **options), embedding=partial(litellm.embedding, **options)
    )


@asynccontextmanager
async def _async_client(root: str) -> AsyncGenerator[Any]:
    options = _options(root)
    yield SimpleNamespace(
        completion=partial(litellm.acompletion, **options), embedding=partial(litellm.aembedding, **options)
    )


def _options(root: str) -> dict[str, Any]:
    return {"api_base": root, "api_key": "any", "max_retries": 0, "num_retries": 0, "timeout": 60}


def unseen(case: Case) -> tuple[str, ...]:
    """Tell of streams that begin for nobody: litellm drops refusals."""
    dropped = case.streaming and not any(map(_OUTPUT.search, (step.body for step in case.steps)))
    return ("ttft_expected",) if dropped else ()


def ask(driver: str, client: Any, case: Case) -> Any:
    """Make the call; streamed, litellm keeps the usage to itself unless it is asked for it.

    It is asked where it was told one: else it counts words by itself, and what it gives looks the same.
    """
    model = f"{case.provider}/recorded"
    if case.endpoint == "embeddings":
        return client.embedding(model=model, input=["Play what was recorded."])
    told = case.expected.usage_reported and case.drivers[driver].tokens_visible
    asked = {"stream_options": {"include_usage": True}} if told else {}
    streaming = {"stream": True, **asked} if case.streaming else {}
    return client.completion(**{**CHAT, "model": model}, **streaming)


SDK = Sdk(
    name="litellm",
    packages=("litellm", "builtins"),  # it trips over some errors in the middle of a stream
    client=_client,
    async_client=_async_client,
    ask=ask,
    unseen=unseen,
)
