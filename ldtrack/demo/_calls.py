"""The decorated functions of the demo, one for each shape and tier, written as an application would."""

# ruff: noqa: ARG001 -- ldtrack reads `user` (LaunchDarkly's context) and `tone` (for a template), and injects

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from anthropic import Anthropic, AsyncAnthropic
from anthropic.lib.streaming import MessageStream
from anthropic.types import Message, RawMessageStreamEvent
from ldai import AICompletionConfig, LDAIClient, ManagedModel
from ldai.providers.types import LDAIMetrics, ManagedResult
from ldai.tracker import TokenUsage
from ldclient import Context
from openai import AsyncOpenAI, OpenAI, Stream
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from ldtrack import current_run, inject, track_stream, tracked
from ldtrack.demo._script import ORDER_FOUND


@tracked("managed")
async def managed(question: str, user: Context, model: ManagedModel = inject()) -> ManagedResult:
    """Tier 1: LaunchDarkly's managed runner calls the provider, and tracks."""
    return await model.run(question)


@tracked("support")
async def answer(client: AsyncOpenAI, question: str, user: Context, tone: str = "kind") -> ChatCompletion:
    """Tier 2: LaunchDarkly's provider package reads the response."""
    return await client.chat.completions.create(model=_model(), messages=_messages(question))


@tracked("releases")
def release_notes(client: OpenAI, question: str, user: Context) -> Response:
    """Tier 2 as well; the Responses API is read by ldtrack, since the package does not know it."""
    return client.responses.create(model=_model(), input=_messages(question))


@tracked("shop-copy")
def slogan(client: Anthropic, question: str, user: Context) -> Message:
    """Tier 3: a reading that ldtrack brings along."""
    return client.messages.create(model=_model(), max_tokens=100, messages=_questions(question))


@dataclass
class Copy:
    """A type of the application's own."""

    text: str
    read: int
    written: int


def read_copy(copy: Copy) -> LDAIMetrics:
    """The application's own reading of it."""
    tokens = TokenUsage(total=copy.read + copy.written, input=copy.read, output=copy.written)
    return LDAIMetrics(success=True, tokens=tokens)


@tracked("shop-copy", extractor=read_copy)
async def description(client: AsyncAnthropic, question: str, user: Context) -> Copy:
    """Tier 3: a reading of one's own."""
    message = await client.messages.create(model=_model(), max_tokens=200, messages=_questions(question))
    used = message.usage
    read = used.input_tokens + (used.cache_read_input_tokens or 0)
    return Copy("".join(getattr(block, "text", "") for block in message.content), read, used.output_tokens)


@tracked("support")
async def stream_answer(
    client: AsyncOpenAI, question: str, user: Context, tone: str = "kind"
) -> AsyncIterator[ChatCompletionChunk]:
    """Tier 4: an async generator, with the time to first token."""
    stream = await client.chat.completions.create(
        model=_model(), messages=_messages(question), stream=True, stream_options={"include_usage": True}
    )
    async for chunk in stream:
        yield chunk


@tracked("shop-copy")
def stream_copy(client: Anthropic, question: str, user: Context) -> Iterator[RawMessageStreamEvent]:
    """Tier 4: a generator."""
    messages = _questions(question)
    with client.messages.create(model=_model(), max_tokens=200, messages=messages, stream=True) as stream:
        yield from stream


@tracked("releases")
def returned_stream(client: OpenAI, question: str, user: Context) -> Stream[ResponseStreamEvent]:
    """Tier 4: a function that returns the provider's stream."""
    return client.responses.create(model=_model(), input=_messages(question), stream=True)


@tracked("shop-copy")
def managed_stream(client: Anthropic, question: str, user: Context) -> AbstractContextManager[MessageStream]:
    """Tier 4: a function that returns the manager of a stream; the clock starts when that is entered."""
    return client.messages.stream(model=_model(), max_tokens=200, messages=_questions(question))


async def inline(client: AsyncOpenAI, launchdarkly: LDAIClient, question: str, user: Context) -> str:
    """Tier 4 without a decorator: a stream around a tracker that is there already; gives the token for later."""
    config = launchdarkly.completion_config("support", user)
    tracker = config.create_tracker()
    messages = _questions(question)
    async with track_stream(tracker) as tracking:
        stream = await client.chat.completions.create(
            model=_model(config), messages=messages, stream=True, stream_options={"include_usage": True}
        )
        async for _ in tracking.wrap(stream):
            pass
    token: str = tracker.resumption_token
    return token


@tracked("orders")
async def ask_agent(client: AsyncOpenAI, messages: list[Any], user: Context) -> ChatCompletion:
    """One step of the agent; inside `order_agent` it joins that run."""
    return await client.chat.completions.create(model=_model(), messages=messages, tools=[_LOOKUP])


@tracked("orders")
async def order_agent(client: AsyncOpenAI, question: str, user: Context) -> ChatCompletion:
    """A tool loop: all its steps are one run, as one question of a user's is one generation."""
    messages = _messages(question)
    while True:
        completion: ChatCompletion = await ask_agent(client, messages, user)
        message = completion.choices[0].message
        if not message.tool_calls:
            return completion
        found = [{"role": "tool", "tool_call_id": call.id, "content": ORDER_FOUND} for call in message.tool_calls]
        messages += [message, *found]


def no_tips(client: OpenAI, question: str, user: Context) -> ChatCompletion | str:
    """What users get while the config is off."""
    return "Our tips are back in spring."


@tracked("tips", fallback=no_tips)
def holiday_tips(client: OpenAI, question: str, user: Context) -> ChatCompletion | str:  # pragma: no cover -- see below
    """Never called in the demo: its config is switched off."""
    return client.chat.completions.create(model=_model(), messages=_messages(question))


_LOOKUP: Any = {
    "type": "function",
    "function": {"name": "lookup", "parameters": {"type": "object", "properties": {"number": {"type": "integer"}}}},
}


def _config() -> AICompletionConfig:
    config: AICompletionConfig = current_run().config
    return config


def _model(config: AICompletionConfig | None = None) -> str:
    model = (config or _config()).model
    return model.name if model else "demo-small"


def _messages(question: str) -> list[Any]:
    """The config's messages, and the question."""
    own = [{"role": message.role, "content": message.content} for message in _config().messages or ()]
    return [*own, *_questions(question)]


def _questions(question: str) -> list[Any]:
    return [{"role": "user", "content": question}]
