"""CrewAI: what crews and agents return, and a crew's stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldai.providers.types import LDAIMetrics
from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, add_tokens, read
from ldtrack.extractors._chat import tokens_only
from ldtrack.extractors._fields import Fields, fields, items, text
from ldtrack.extractors._inner import read_inner
from ldtrack.extractors._kickoffs import call_tokens, hook, kickoff_of, sees_kickoffs
from ldtrack.extractors._provider import Provider


def crew_output(output: Any) -> Reading:
    """Read what a crew returns. Where nobody saw a kickoff begin, the crew's own count is taken, which may be more."""
    body = fields(output)
    names = [name for task in items(body.get("tasks_output")) for name in _tool_names(fields(task))]
    kickoff = kickoff_of(output)
    if kickoff is not None:
        return read(tokens=kickoff.tokens, tool_calls=names)
    usage = None if sees_kickoffs() else body.get("token_usage")
    return read(tokens=tokens_only({"usage": usage}).tokens, tool_calls=names)


def agent_output(output: Any) -> Reading:
    """Read what a single agent returns: its count is of this run."""
    body = fields(output)
    tokens = tokens_only({"usage": body.get("usage_metrics")}).tokens
    return read(tokens=tokens, tool_calls=_tool_names(body))


def streamed(stream: Any) -> LDAIMetrics | None:
    """Read what a stream has at its end: the outputs of a crew for each of its inputs, or whatever a flow returns."""
    try:
        result = getattr(stream, "results", None) or stream.result
    except Exception:  # noqa: BLE001 -- it was left before, or failed
        return None
    return read_inner(result)


class ChunkStream:
    """Folds a crew's chunks; of each call the name comes once or several times."""

    def __init__(self) -> None:
        self._names: dict[Any, str] = {}

    def feed(self, chunk: Any, /) -> bool:
        """Take a chunk."""
        body = fields(chunk)
        call = fields(body.get("tool_call"))
        name = text(call.get("tool_name"))
        if name:
            self._names[body.get("task_id"), call.get("tool_id") or call.get("index")] = name
        return bool(body.get("content") or name)

    def text(self, chunk: Any, /) -> str:
        """The output in a chunk, for who estimates its tokens."""
        return text(fields(chunk).get("content"))

    def result(self) -> Reading:
        """The tools that were called."""
        return read(tool_calls=self._names.values())


class FrameStream:
    """Folds the frames of a session, which tell of each call of a model as it goes on."""

    def __init__(self) -> None:
        self._names: dict[Any, str] = {}
        self._tokens: TokenUsage | None = None

    def feed(self, frame: Any, /) -> bool:
        """Take a frame."""
        body = fields(frame)
        data = fields(body.get("data"))
        if body.get("type") == "llm_call_completed":
            self._tokens = add_tokens(self._tokens, call_tokens(data.get("usage")))
        call = fields(data.get("tool_call"))
        name = text(fields(call.get("function")).get("name"))
        if name:
            self._names[data.get("call_id"), call.get("id") or call.get("index")] = name
        return body.get("channel") == "llm" and bool(data.get("chunk") or name)

    def text(self, frame: Any, /) -> str:
        """The output in a frame, for who estimates its tokens."""
        return text(fields(fields(frame).get("data")).get("chunk"))

    def result(self) -> Reading:
        """All calls together."""
        return read(tokens=self._tokens, tool_calls=self._names.values())


def _tool_names(body: Fields) -> Iterator[str]:
    """The tools that a model called in the messages of a task, or of an agent's run."""
    for message in map(fields, items(body.get("messages"))):
        for call in items(message.get("tool_calls")):
            name = text(fields(fields(call).get("function")).get("name"))
            if name:
                yield name


hook()

_sessions = ("StreamSession", "AsyncStreamSession")
_outputs = ("CrewStreamingOutput", "FlowStreamingOutput")

PROVIDER = Provider(
    packages=("crewai",),
    responses={"CrewOutput": crew_output, "LiteAgentOutput": agent_output},
    chunks={"StreamChunk": ChunkStream, "StreamFrame": FrameStream},
    streams={
        **dict.fromkeys(_outputs, ()),
        **dict.fromkeys(_sessions, ("events", "llm", "messages", "flow", "tools", "interleave", "subscribe")),
    },
    finals=dict.fromkeys(_outputs, streamed),
)
