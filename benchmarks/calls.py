"""I1: a tracked call beside the same work written by hand with the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ldai import LDAIClient
from ldai_openai import get_ai_metrics_from_response
from ldclient import Context
from openai.types.chat import ChatCompletion

from benchmarks.measure import beside, median_ratio
from ldtrack import configure, tracked
from ldtrack.local import LocalLaunchDarkly

KEY = "support-chat"
CONFIG = {
    "_ldMeta": {"enabled": True, "variationKey": "concise", "version": 3},
    "model": {"name": "gpt-5-mini", "parameters": {"temperature": 0.2}},
    "provider": {"name": "openai"},
    "messages": [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": "{{question}}"}],
}
USER = Context.create("user-1")
QUESTION = "Where is my order?"
REPLY = ChatCompletion.model_validate(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-5-mini",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "On its way."}}],
        "usage": {"prompt_tokens": 21, "completion_tokens": 5, "total_tokens": 26},
    }
)


@contextmanager
def launchdarkly() -> Iterator[LocalLaunchDarkly]:
    """A real client over in-memory flags; its recorder stands for the SDK's queue."""
    with LocalLaunchDarkly({KEY: CONFIG}) as local:
        configure(client=local.client)
        yield local


def sync_ratio() -> float:
    """Decorated over hand-written, plain function."""
    with launchdarkly() as local:
        ai_client = LDAIClient(local.client)

        def by_hand(question: str, user: Context) -> Any:
            config = ai_client.completion_config(KEY, user, None, {"question": question})
            if not config.enabled:
                raise RuntimeError
            return config.create_tracker().track_metrics_of(get_ai_metrics_from_response, lambda: REPLY)

        @tracked(KEY)
        def decorated(question: str, user: Context) -> ChatCompletion:  # noqa: ARG001 -- ldtrack reads them
            return REPLY

        times = beside(
            {"by hand": lambda: by_hand(QUESTION, USER), "decorated": lambda: decorated(QUESTION, USER)},
            number=2000,
            rounds=15,
            tidy=local.clear,
        )
        return median_ratio(times["decorated"], times["by hand"])


def async_ratio() -> float:
    """Decorated over hand-written, coroutine function."""
    with launchdarkly() as local:
        ai_client = LDAIClient(local.client)

        async def reply() -> ChatCompletion:
            return REPLY

        async def by_hand(question: str, user: Context) -> Any:
            config = ai_client.completion_config(KEY, user, None, {"question": question})
            if not config.enabled:
                raise RuntimeError
            return await config.create_tracker().track_metrics_of_async(get_ai_metrics_from_response, reply)

        @tracked(KEY)
        async def decorated(question: str, user: Context) -> ChatCompletion:  # noqa: ARG001 -- ldtrack reads them
            return await reply()

        loop = asyncio.new_event_loop()
        try:
            times = beside(
                {
                    "by hand": lambda: loop.run_until_complete(_often(by_hand)),
                    "decorated": lambda: loop.run_until_complete(_often(decorated)),
                },
                number=1,
                rounds=15,
                tidy=local.clear,
            )
        finally:
            loop.close()
        return median_ratio(times["decorated"], times["by hand"])


async def _often(call: Any) -> None:
    for _ in range(2000):
        await call(QUESTION, USER)
