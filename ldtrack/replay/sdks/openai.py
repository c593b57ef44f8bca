"""OpenAI's SDK, which also talks to Azure and to compatible servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai

from ldtrack.replay._sdk import Sdk

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case

_NEEDED = {
    "chat.completions": ("model", "messages"),
    "completions": ("model", "prompt"),
    "embeddings": ("model", "input"),
    "responses": ("model", "input"),
}


def ask(driver: str, client: Any, case: Case) -> Any:
    """Make the call; what the recorded request has beyond the SDK's own arguments goes as `extra_body`."""
    resource = client
    for name in case.endpoint.removesuffix(".retrieve").split("."):
        resource = getattr(resource, name)
    if case.endpoint.endswith(".retrieve"):
        return resource.retrieve(case.path.rpartition("/")[2])
    if driver == "openai_stream_helper":
        return resource.stream(**arguments(case, _NEEDED[case.endpoint]))
    if driver == "openai_raw_response":
        resource = resource.with_raw_response
    streaming = {"stream": True} if case.streaming else {}
    return resource.create(**arguments(case, _NEEDED[case.endpoint]), **streaming)


def arguments(case: Case, needed: tuple[str, ...]) -> dict[str, Any]:
    """The recorded body: what the SDK asks for by name, all else as `extra_body`, which it sends unchecked."""
    body = {name: value for name, value in case.request.items() if name != "stream"}
    named = {name: body.pop(name) for name in needed}
    return {**named, "extra_body": body} if body else named


def options(root: str) -> dict[str, Any]:
    """The arguments of a client that knows no retries."""
    return {"api_key": "any", "base_url": root, "max_retries": 0, "timeout": 60}


SDK = Sdk(
    name="openai",
    packages=("openai",),
    client=lambda root: openai.OpenAI(**options(root)),
    async_client=lambda root: openai.AsyncOpenAI(**options(root)),
    ask=ask,
)
