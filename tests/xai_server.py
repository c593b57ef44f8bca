"""A loopback server that speaks xAI's gRPC: the SDK's own messages, filled by hand for this project."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from needs import needs

grpc = needs("grpc", "xai-sdk")
proto = needs("xai_sdk.proto", "xai-sdk")
services = proto.chat_pb2_grpc
chat, sample, usage = proto.chat_pb2, proto.sample_pb2, proto.usage_pb2

USAGE = usage.SamplingUsage(prompt_tokens=7, completion_tokens=3, reasoning_tokens=2, total_tokens=12)
STOP = sample.FinishReason.REASON_STOP


def call(name: str, call_id: str = "1") -> Any:
    """Return a call of a tool."""
    return chat.ToolCall(id=call_id, function=chat.FunctionCall(name=name, arguments="{}"))


def output(*, index: int = 0, role: int = chat.ROLE_ASSISTANT, reason: Any = STOP, **message: Any) -> Any:
    """Return one output of a response."""
    said = chat.CompletionMessage(role=role, **message)
    return chat.CompletionOutput(index=index, finish_reason=reason, message=said)


def response(*outputs: Any, usage: Any = USAGE) -> Any:
    """Return a response."""
    return chat.GetChatCompletionResponse(id="r", model="m", outputs=outputs or [output(content="hi")], usage=usage)


def chunk(*, usage: Any = None, role: int = chat.ROLE_ASSISTANT, reason: Any = 0, **delta: Any) -> Any:
    """Return a chunk of a stream."""
    said = chat.CompletionOutputChunk(index=0, finish_reason=reason, delta=chat.Delta(role=role, **delta))
    return chat.GetChatCompletionChunk(id="r", model="m", outputs=[said], usage=usage)


STREAM = (
    chunk(),
    chunk(reasoning_content="hm"),
    chunk(content="hi"),
    chunk(tool_calls=[call("get_weather")]),
    chunk(reason=STOP, usage=USAGE),
)


class Answers(services.ChatServicer):
    """Gives every request the same answers."""

    def GetCompletion(self, _request: Any, _context: Any) -> Any:  # noqa: N802 -- xAI's name
        """Answer at once."""
        return response(output(content='{"city": "Oslo"}', tool_calls=[call("get_weather")]))

    def GetCompletionChunk(self, _request: Any, _context: Any) -> Iterator[Any]:  # noqa: N802 -- xAI's name
        """Answer in pieces."""
        yield from STREAM


@contextmanager
def xai_server() -> Generator[str]:
    """Serve on this machine for as long as the block lasts; gives the address."""
    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        services.add_ChatServicer_to_server(Answers(), server)
        port = server.add_insecure_port("localhost:0")
        server.start()
        try:
            yield f"localhost:{port}"
        finally:
            server.stop(None).wait()
