"""The scripted provider speaks OpenAI's and Anthropic's wire formats, as their own SDKs read them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import anthropic
import openai
import pytest

from ldtrack._loopback import serve
from ldtrack.demo import _provider, _script
from ldtrack.demo._provider import app

MODEL = "demo-small"
REPLY = _script.reply_to(_script.HELMET)
ORDER = _script.reply_to(_script.ORDER)
READ = REPLY.input_tokens + REPLY.cached_tokens


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """Serve the scripted provider."""
    with serve(app()) as url:
        yield url


@pytest.fixture
def openai_client(root: str) -> Iterator[openai.OpenAI]:
    """Return OpenAI's client for it."""
    with openai.OpenAI(api_key="any", base_url=f"{root}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(root: str) -> Iterator[anthropic.Anthropic]:
    """Return Anthropic's client for it."""
    with anthropic.Anthropic(api_key="any", base_url=root, max_retries=0) as client:
        yield client


def ask(question: str) -> Any:
    """Return the arguments that every endpoint of the chat kind takes."""
    return {"model": MODEL, "messages": [{"role": "user", "content": question}]}


def block_in_words(content: Any) -> str:
    """Return what a message says, or which tool it calls with what."""
    (block,) = content
    return block.text if block.type == "text" else f"{block.name}: {block.input}"


def test_chat_completion(openai_client):
    """A plain chat completion has the scripted text and usage."""
    completion = openai_client.chat.completions.create(**ask(_script.HELMET))

    assert REPLY.text == completion.choices[0].message.content
    assert (READ, REPLY.output_tokens) == (completion.usage.prompt_tokens, completion.usage.completion_tokens)


def test_chat_completion_with_a_tool_call(openai_client):
    """A tool call has its name and arguments."""
    (call,) = openai_client.chat.completions.create(**ask(_script.ORDER)).choices[0].message.tool_calls

    assert ("lookup", '{"number": 1182}') == (call.function.name, call.function.arguments)


@pytest.mark.parametrize("include_usage", [True, False])
def test_chat_stream(openai_client, include_usage):
    """A stream pauses before its first word, and tells the usage only to those who ask."""
    started = time.perf_counter()
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    text, usage, first = "", None, 0.0
    for chunk in openai_client.chat.completions.create(**ask(_script.HELMET), stream=True, **options):
        delta = (chunk.choices[0].delta.content or "") if chunk.choices else ""
        first = first or (time.perf_counter() - started if delta else 0.0)
        text += delta
        usage = chunk.usage or usage

    assert REPLY.text == text
    assert include_usage == (usage is not None)
    assert first > REPLY.first * 0.75


def test_chat_stream_of_a_tool_call(openai_client):
    """The SDK's own helper puts the streamed arguments together."""
    with openai_client.chat.completions.stream(**ask(_script.ORDER)) as stream:
        (call,) = stream.get_final_completion().choices[0].message.tool_calls

    assert ("lookup", '{"number": 1182}') == (call.function.name, call.function.arguments)


def test_response(openai_client):
    """A plain response has the scripted text and usage."""
    response = openai_client.responses.create(model=MODEL, input=_script.HELMET)

    assert REPLY.text == response.output_text
    assert (READ, REPLY.output_tokens) == (response.usage.input_tokens, response.usage.output_tokens)


@pytest.mark.parametrize("question", [_script.HELMET, _script.ORDER])
def test_response_stream(openai_client, question):
    """The SDK's own helper finds the stream complete, and the same as the plain response."""
    with openai_client.responses.stream(model=MODEL, input=question) as stream:
        streamed = stream.get_final_response()

    plain = openai_client.responses.create(model=MODEL, input=question)
    assert [item.type for item in plain.output] == [item.type for item in streamed.output]
    assert plain.output_text == streamed.output_text
    assert plain.usage == streamed.usage


def test_message(anthropic_client):
    """A plain message has the scripted text and usage; cached tokens are counted apart."""
    slogan = _script.reply_to(_script.SLOGAN)
    message = anthropic_client.messages.create(**ask(_script.SLOGAN), max_tokens=9)

    assert slogan.text == message.content[0].text
    assert (slogan.input_tokens, slogan.cached_tokens, slogan.output_tokens) == (
        message.usage.input_tokens,
        message.usage.cache_read_input_tokens,
        message.usage.output_tokens,
    )


@pytest.mark.parametrize("question", [_script.SLOGAN, _script.ORDER])
def test_message_stream(anthropic_client, question):
    """The SDK's own helper finds the stream the same as the plain message."""
    plain = anthropic_client.messages.create(**ask(question), max_tokens=9)
    with anthropic_client.messages.stream(**ask(question), max_tokens=9) as stream:
        streamed = stream.get_final_message()

    assert plain.stop_reason == streamed.stop_reason
    assert block_in_words(plain.content) == block_in_words(streamed.content)
    assert plain.usage.output_tokens == streamed.usage.output_tokens


@pytest.mark.parametrize("stream", [True, False])
def test_errors(openai_client, anthropic_client, stream):
    """A scripted failure is the SDK's own exception, of the status that was scripted."""
    with pytest.raises(openai.InternalServerError):
        openai_client.chat.completions.create(**ask(_script.OVERLOADED), stream=stream)
    with pytest.raises(openai.RateLimitError):
        openai_client.responses.create(model=MODEL, input=_script.TOO_MANY, stream=stream)
    with pytest.raises(anthropic.RateLimitError):
        anthropic_client.messages.create(**ask(_script.TOO_MANY), max_tokens=9, stream=stream)


def test_a_part_of_a_message_is_a_question_too(openai_client):
    """Content that comes in parts is answered; so is what the script does not know."""
    parts = [{"role": "user", "content": [{"type": "text", "text": _script.HELMET}]}]
    completion = openai_client.chat.completions.create(model=MODEL, messages=parts)
    unknown = openai_client.chat.completions.create(**ask("What is the meaning of life?"))

    assert REPLY.text == completion.choices[0].message.content
    assert "few questions" in unknown.choices[0].message.content


def test_a_stream_that_the_client_leaves_does_not_hold_up_the_server(monkeypatch):
    """Leaving early frees the connection; the server closes soon, and its thread with it."""
    lasting = replace(_script.reply_to(_script.TOUR), between=1.0)  # minutes, were it played to its end
    monkeypatch.setattr(_provider, "reply_to", lambda _question: lasting)
    before = set(threading.enumerate())
    with serve(app()) as url, openai.OpenAI(api_key="any", base_url=f"{url}/v1") as client:
        for _ in client.chat.completions.create(**ask(_script.TOUR), stream=True):
            break
        leaving = time.perf_counter()

    assert time.perf_counter() - leaving < len(lasting.pieces) / 3
    assert before >= set(threading.enumerate())
