"""Google's SDK, for the Gemini API and for Vertex AI."""

# pyright: basic, reportMissingImports=false
# The SDK is only in the families' environments.

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from google.genai import Client
from google.oauth2.credentials import Credentials

from ldtrack.replay._sdk import Sdk

if TYPE_CHECKING:
    from ldtrack.replay._cases import Case


class Clients:
    """A client for each of the two services, as each takes other paths and answers."""

    def __init__(self, root: str) -> None:
        options: Any = {"base_url": root}
        self.gemini = Client(vertexai=False, api_key="any", http_options=options)
        self.vertex = Client(
            vertexai=True, project="any", location="global", credentials=Credentials("any"), http_options=options
        )


@contextmanager
def client(root: str) -> Generator[dict[str, Any]]:
    """Open sync clients."""
    clients = Clients(root)
    yield {"gemini": clients.gemini, "vertex": clients.vertex}
    clients.gemini.close()
    clients.vertex.close()


@asynccontextmanager
async def async_client(root: str) -> AsyncGenerator[dict[str, Any]]:
    """Open async clients."""
    clients = Clients(root)
    yield {"gemini": clients.gemini.aio, "vertex": clients.vertex.aio}
    await clients.gemini.aio.aclose()
    await clients.vertex.aio.aclose()


def ask(_driver: str, clients: Any, case: Case) -> Any:
    """Make the call; what was recorded goes as it is, instead of the SDK's own contents and config."""
    models = clients["vertex" if "/publishers/" in case.path else "gemini"].models
    model = case.path.rpartition("/")[2].partition(":")[0]
    request: Any = {"http_options": {"extra_body": dict(case.request)}}
    if case.endpoint == "embed_content":
        return models.embed_content(model=model, contents="any", config=request)
    generate = models.generate_content_stream if case.streaming else models.generate_content
    return generate(model=model, contents="any", config=request)


SDK = Sdk(name="google-genai", packages=("google",), client=client, async_client=async_client, ask=ask)
