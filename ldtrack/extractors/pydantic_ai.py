"""Pydantic AI: runs, whole and streamed, single responses of models, and the events and nodes of a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, read, token_usage
from ldtrack.extractors._fields import fields, items, text
from ldtrack.extractors._provider import Provider

_FAILED = ("content_filter", "error")
_METHODS = ("stream", "stream_text", "stream_output", "stream_structured", "stream_response", "stream_responses")
_EVENTS = (
    *("PartStartEvent", "PartDeltaEvent", "PartEndEvent", "FinalResultEvent", "AgentRunResultEvent"),
    *(f"{kind}Tool{step}Event" for kind in ("Function", "Output", "Builtin") for step in ("Call", "Result")),
)
_PIECES = ("content", "content_delta", "tool_name", "tool_name_delta", "args_delta", "transcript_delta", "audio_delta")


def run(result: Any) -> Reading:
    """Read a run, of which the last response tells how it ended."""
    answers = [message for message in result.new_messages() if fields(message).get("kind") == "response"]
    names = [name for answer in answers for name in _tools(answer)]
    return read(_outcome(answers[-1]) if answers else "success", _tokens(_usage(result)), names)


def model_response(response: Any) -> Reading:
    """Read one response of a model."""
    return read(_outcome(response), _tokens(fields(response).get("usage")), _tools(response))


class EventStream:
    """Folds the events of a run, the last of which has its result."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._result: Reading | None = None

    def feed(self, event: Any, /) -> bool:
        """Take an event; a part or a delta that has something in it is output."""
        body = fields(event)
        kind = text(body.get("event_kind"))
        if kind == "agent_run_result":
            self._result = run(body.get("result"))
        elif kind == "part_end":
            self._names += _tool(body.get("part"))
        piece = fields(body.get("part") if kind == "part_start" else body.get("delta"))
        return kind in ("part_start", "part_delta") and any(piece.get(name) for name in _PIECES)

    def result(self) -> Reading:
        """What the run's result tells, else the tools that were called up to here."""
        return self._result or read(tool_calls=self._names)


class NodeStream:
    """Folds the nodes of a run's graph: those that handle a response of the model have it."""

    def __init__(self) -> None:
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []
        self._outcome: Outcome = "success"

    def feed(self, node: Any, /) -> bool:
        """Take a node; one that asks the model is no output yet."""
        response = fields(node).get("model_response")
        if response is None:
            return False
        self._tokens = add_tokens(self._tokens, _tokens(fields(response).get("usage")))
        self._names += _tools(response)
        self._outcome = _outcome(response)
        return True

    def result(self) -> Reading:
        """All responses together; the last one's outcome holds."""
        return read(self._outcome, self._tokens, self._names)


class ResponseStream:
    """Folds a response as it grows: each chunk has all that came before."""

    def __init__(self) -> None:
        self._latest: Any = None

    def feed(self, response: Any, /) -> bool:
        """Take the response as it is by now."""
        self._latest = model_response(response)
        return any(fields(part).get(name) for part in items(fields(response).get("parts")) for name in _PIECES)

    def result(self) -> Reading | None:
        """The response as it was last."""
        reading: Reading | None = self._latest
        return reading


def _usage(result: Any) -> Any:
    """The usage; since version 2 it is no method any more, and to call it in late versions 1 warns."""
    usage = result.usage
    return usage if hasattr(usage, "input_tokens") else usage()


def _tokens(usage: Any) -> TokenUsage | None:
    counts = fields(usage)
    return token_usage(counts.get("input_tokens"), counts.get("output_tokens"))


def _outcome(response: Any) -> Outcome:
    return "error" if fields(response).get("finish_reason") in _FAILED else "success"


def _tools(response: Any) -> list[str]:
    return [name for part in items(fields(response).get("parts")) for name in _tool(part)]


def _tool(part: Any) -> Iterator[str]:
    body = fields(part)
    name = text(body.get("tool_name"))
    if name and text(body.get("part_kind")).endswith("tool-call"):
        yield name


PROVIDER = Provider(
    packages=("pydantic_ai",),
    responses={"AgentRunResult": run, "ModelResponse": model_response},
    chunks={
        "ModelResponse": ResponseStream,
        **dict.fromkeys(("UserPromptNode", "ModelRequestNode", "CallToolsNode", "SetFinalResult"), NodeStream),
        **dict.fromkeys(_EVENTS, EventStream),
    },
    streams=dict.fromkeys(
        ("StreamedRunResult", "StreamedRunResultSync", "AgentStream"),
        (*_METHODS, "get_output"),
    ),
    finals=dict.fromkeys(("StreamedRunResult", "StreamedRunResultSync", "AgentRun", "AgentRunEvents"), run),
    managers=("_RunStreamEventsContext",),
)
