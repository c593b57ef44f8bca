"""What each call of Anthropic's clients gives, made by the clients themselves of what a server answers (C6, E, F5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import anthropic
import pytest

from ldtrack.demo import answering
from whole_way import Recorded, atrack, drain, track

ASKED: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
CACHED = {"input_tokens": 3, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 100}
USED = {**CACHED, "output_tokens": 5}
MESSAGE: dict[str, Any] = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": []}
CALL: dict[str, Any] = {"type": "tool_use", "id": "t", "name": "weather", "input": {}}
CALLED = {**MESSAGE, "content": [CALL], "stop_reason": "tool_use", "usage": USED}
REFUSED = {**MESSAGE, "stop_reason": "refusal", "usage": USED}
BEGUN: tuple[Any, ...] = (
    {"type": "message_start", "message": {**MESSAGE, "usage": {**CACHED, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "hi"}},
)
EVENTS = (
    *BEGUN,
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": CALL},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "input_json_delta", "partial_json": "{}"}},
    {"type": "content_block_stop", "index": 1},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
)
REFUSAL = (
    *BEGUN,
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "refusal"}, "usage": {"output_tokens": 5}},
    {"type": "message_stop"},
)
READ = Recorded("success", 113, 5, ["weather"], first_token=False)
STREAMED = READ._replace(first_token=True)
CLIENTS = ["direct", "Vertex", "Foundry"]


def client_for(kind: str, url: str, prefix: str = "") -> Any:
    """Return a client, which gives the same classes for each service."""
    options: dict[str, Any] = {"base_url": url, "max_retries": 0}
    if kind == "Vertex":
        pytest.importorskip("google.auth", reason="the client wants it")
        more: dict[str, Any] = {"region": "r", "project_id": "p", "access_token": "any"}
    else:
        more = {"api_key": "any"}
    name = {"direct": "Anthropic", "Vertex": "AnthropicVertex", "Foundry": "AnthropicFoundry"}[kind]
    made = getattr(anthropic, prefix + name, None)
    return pytest.skip("came later") if made is None else made(**options, **more)


def events(*items: Any) -> str:
    """Return server-sent events."""
    return "".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n" for item in items)


def form(body: str) -> str:
    """Return what a body is."""
    return "application/json" if body.startswith("{") else "text/event-stream"


def called(ask: Callable[[Any], Any], body: str, use: Any = drain, kind: str = "direct") -> Recorded:
    """Make a call, answered with a body."""
    with answering(body, content_type=form(body)) as url, client_for(kind, url) as client:
        return track(lambda: ask(client), use)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("api", ["messages", "beta.messages"])
def test_c6_a_message(kind: str, api: str) -> None:
    """Each service's client gives the same class; of a beta it is another one."""

    def ask(client: Any) -> Any:
        resource = client.beta.messages if api.startswith("beta") else client.messages
        return resource.create(**ASKED)

    assert READ == called(ask, json.dumps(CALLED), kind=kind)
    assert READ._replace(outcome="error", tool_calls=[]) == called(ask, json.dumps(REFUSED), kind=kind)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (EVENTS, STREAMED),
        (REFUSAL, Recorded("error", 113, 5, [], first_token=True)),
        (BEGUN, Recorded("error", 113, 1, [], first_token=True)),
    ],
)
def test_c8_a_stream(kind: str, sent: Any, expected: Recorded) -> None:
    """A refusal, and an end that never came, are errors."""
    assert expected == called(lambda client: client.messages.create(**ASKED, stream=True), events(*sent), kind=kind)


def test_c6_counting_tokens() -> None:
    """It generates nothing."""
    asked = {name: value for name, value in ASKED.items() if name != "max_tokens"}
    counted = called(lambda client: client.messages.count_tokens(**asked), '{"input_tokens": 3}')

    assert Recorded("success", None, None, [], first_token=False) == counted


USES: dict[str, Callable[[Any], Any]] = {
    "iterated": list,
    "until_done": lambda stream: stream.until_done(),
    "get_final_message": lambda stream: stream.get_final_message(),
    "get_final_text": lambda stream: stream.get_final_text(),
    "text_stream": lambda stream: list(stream.text_stream),
    "text, then the message": lambda stream: (next(stream.text_stream), stream.get_final_message()),
    "snapshot": lambda stream: (next(stream), stream.current_message_snapshot, list(stream)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("beta", [False, True])
def test_f5_the_stream_of_a_manager(use: Any, beta: bool) -> None:
    """However it is read."""

    def ask(client: Any) -> Any:
        return (client.beta if beta else client).messages.stream(**ASKED)

    def enter(manager: Any) -> None:
        with manager as stream:
            use(stream)

    assert STREAMED == called(ask, events(*EVENTS), enter)


def test_f5_a_manager_that_is_left() -> None:
    """Before any output that is no outcome, after it a success."""

    def left(output: bool) -> Recorded:
        def use(manager: Any) -> None:
            with manager as stream:
                assert any(output is (event.type == "text") for event in stream)

        return called(lambda client: client.messages.stream(**ASKED), events(*EVENTS), use)

    assert Recorded(None, 113, 1, [], first_token=False) == left(output=False)
    assert Recorded("success", 113, 1, [], first_token=True) == left(output=True)


@pytest.mark.anyio
@pytest.mark.parametrize("kind", CLIENTS)
async def test_c8_async_clients(kind: str) -> None:
    """The same."""
    for body, expected in ((json.dumps(CALLED), READ), (events(*EVENTS), STREAMED)):
        streamed = body.startswith("event")
        with answering(body, content_type=form(body)) as url:
            async with client_for(kind, url, "Async") as client:
                assert expected == await atrack(lambda: client.messages.create(**ASKED, stream=streamed))  # noqa: B023
