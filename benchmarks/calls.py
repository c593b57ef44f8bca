"""I1: a tracked call beside the same work written by hand with the SDK."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ldai import LDAIClient
from ldai_openai import get_ai_metrics_from_response
from ldclient import Config, Context, LDClient
from ldclient.integrations.test_data import TestData
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
def queueing() -> Iterator[LDClient]:
    """A real client over in-memory flags, with the SDK's own event processor; it sends nothing while we measure."""
    flags = TestData.data_source()
    flags.update(flags.flag(KEY).variations(CONFIG).variation_for_all(0))
    config = Config(
        "sdk-key",
        update_processor_class=flags,
        events_uri="http://127.0.0.1:9",  # the discard port: what is left at the end is lost
        events_max_pending=1_000_000,
        flush_interval=3600,
        diagnostic_opt_out=True,
    )
    client = LDClient(config)
    configure(client=client)
    try:
        yield client
    finally:
        client.close()


@contextmanager
def launchdarkly() -> Iterator[LocalLaunchDarkly]:
    """A real client over in-memory flags; it appends events to a list, which costs less than the SDK's queue."""
    with LocalLaunchDarkly({KEY: CONFIG}) as local:
        configure(client=local.client)
        yield local


def sync_ratio() -> float:
    """Decorated over hand-written, plain function, with the SDK's own event queue."""
    with queueing() as client:
        return _sync_ratio(client, lambda: None)


def sync_ratio_listed() -> float:
    """The same with a list for events: all else being equal, what costs less shows the difference more."""
    with launchdarkly() as local:
        return _sync_ratio(local.client, local.clear)


def async_ratio() -> float:
    """Decorated over hand-written, coroutine function, with the SDK's own event queue."""
    with queueing() as client:
        return _async_ratio(client, lambda: None)


def async_ratio_listed() -> float:
    """The same with a list for events."""
    with launchdarkly() as local:
        return _async_ratio(local.client, local.clear)


def _sync_ratio(client: LDClient, tidy: Callable[[], Any]) -> float:
    ai_client = LDAIClient(client)

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
        tidy=tidy,
    )
    return median_ratio(times["decorated"], times["by hand"])


def _async_ratio(client: LDClient, tidy: Callable[[], Any]) -> float:
    ai_client = LDAIClient(client)

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
            tidy=tidy,
        )
    finally:
        loop.close()
    return median_ratio(times["decorated"], times["by hand"])


async def _often(call: Any) -> None:
    for _ in range(2000):
        await call(QUESTION, USER)
