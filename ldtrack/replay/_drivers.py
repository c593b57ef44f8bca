"""Which SDK call takes which recorded response: a driver per SDK, endpoint and way of calling."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

Ask: TypeAlias = Callable[[Any, "Case"], Any]
"""Makes the call; with an async client the same code gives an awaitable (of a stream helper: its manager)."""

SDK = {
    "openai": "openai",
    "openai_raw_response": "openai",
    "openai_stream_helper": "openai",
    "anthropic": "anthropic",
    "anthropic_stream_helper": "anthropic",
}
"""The drivers that can be played here, and the SDK that each is a call of."""

_NEEDED = {
    "chat.completions": ("model", "messages"),
    "completions": ("model", "prompt"),
    "embeddings": ("model", "input"),
    "messages": ("model", "messages", "max_tokens"),
    "responses": ("model", "input"),
}


def ask(driver: str, client: Any, case: Case) -> Any:
    """Make the case's call with the SDK's client."""
    return _DRIVERS[driver](_resource(client, case), case)


def _resource(client: Any, case: Case) -> Any:
    """The part of the client that has the endpoint's methods."""
    if case.endpoint == "messages" and "beta=true" in case.path:
        client = client.beta
    for name in case.endpoint.removesuffix(".retrieve").split("."):
        client = getattr(client, name)
    return client


def _create(resource: Any, case: Case) -> Any:
    if case.endpoint.endswith(".retrieve"):
        return resource.retrieve(case.path.rpartition("/")[2])
    streaming = {"stream": True} if case.streaming else {}
    return resource.create(**_arguments(case), **streaming)


def _create_raw(resource: Any, case: Case) -> Any:
    return _create(resource.with_raw_response, case)


def _stream_helper(resource: Any, case: Case) -> Any:
    return resource.stream(**_arguments(case))


def _arguments(case: Case) -> dict[str, Any]:
    """The recorded body: what the SDK asks for by name, all else as `extra_body`, which it sends unchecked."""
    body = {name: value for name, value in case.request.items() if name != "stream"}
    named = {name: body.pop(name) for name in _NEEDED[case.endpoint]}
    return {**named, "extra_body": body} if body else named


_DRIVERS: dict[str, Ask] = {
    "openai": _create,
    "openai_raw_response": _create_raw,
    "openai_stream_helper": _stream_helper,
    "anthropic": _create,
    "anthropic_stream_helper": _stream_helper,
}
