"""xAI's own SDK, which speaks gRPC: a stream is of pairs, and reasoning is counted apart."""

# pyright: basic, reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
from ldclient import Context
from xai_sdk import Client
from xai_sdk.chat import user
from xai_sdk.proto import chat_pb2, chat_pb2_grpc, usage_pb2

from ldtrack import configure, tracked
from ldtrack.local import LocalLaunchDarkly

CONFIGS = {"bikes": {"model": {"name": "grok-4"}, "provider": {"name": "xAI"}}}
USAGE = usage_pb2.SamplingUsage(prompt_tokens=14, completion_tokens=9, reasoning_tokens=30, total_tokens=53)


class Server(chat_pb2_grpc.ChatServicer):  # type: ignore[misc, unused-ignore]
    """Stands in for xAI."""

    def GetCompletionChunk(self, request: Any, context: Any) -> Iterator[Any]:  # noqa: ARG002, N802 -- gRPC's names
        """Answer in two pieces."""
        for text, usage in (("By the ", None), ("hour.", USAGE)):
            delta = chat_pb2.Delta(role=chat_pb2.ROLE_ASSISTANT, content=text)
            output = chat_pb2.CompletionOutputChunk(index=0, delta=delta)
            yield chat_pb2.GetChatCompletionChunk(id="1", outputs=[output], usage=usage)


@contextmanager
def serving() -> Generator[str]:
    """Serve on this machine for as long as the block lasts."""
    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        chat_pb2_grpc.add_ChatServicer_to_server(Server(), server)
        port = server.add_insecure_port("localhost:0")
        server.start()
        yield f"localhost:{port}"
        server.stop(None).wait()


@tracked("bikes")
def ask(client: Client, question: str) -> Iterator[Any]:
    """Stream the answer: the response so far, and each chunk."""
    yield from client.chat.create(model="grok-4", messages=[user(question)]).stream()


def main() -> None:
    """Ask, and show what was recorded."""
    with LocalLaunchDarkly(CONFIGS) as local, serving() as host:
        configure(client=local.client, context=Context.create("ada"))
        client = Client(api_key="any", api_host=host, use_insecure_channel=True)
        print("".join(chunk.content for _, chunk in ask(client, "How are bikes rented?")))
        client.close()
        for run in local.runs():
            print(f"{run.outcome}: {run.input_tokens} tokens in, {run.output_tokens} out")


if __name__ == "__main__":
    main()
