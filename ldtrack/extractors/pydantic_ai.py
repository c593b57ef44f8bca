"""Pydantic AI: runs, whole and streamed, single responses of models, and the events and nodes of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, add_tokens, combined, count, read, token_usage
from ldtrack.extractors._fields import fields, items, text
from ldtrack.extractors._provider import Provider

_FAILED = ("content_filter", "error")
_METHODS = ("stream", "stream_text", "stream_output", "stream_structured", "stream_response", "stream_responses")
_EVENTS = (
    *("PartStartEvent", "PartDeltaEvent", "PartEndEvent", "FinalResultEvent", "AgentRunResultEvent"),
    *(f"{kind}Tool{step}Event" for kind in ("Function", "Output", "Builtin") for step in ("Call", "Result")),
)
_NODES = ("UserPromptNode", "ModelRequestNode", "CallToolsNode", "SetFinalResult")
_PIECES = ("content", "content_delta", "tool_name", "tool_name_delta", "args_delta", "transcript_delta", "audio_delta")


def run(result: Any) -> Reading:
    """Read a run, of which the last response tells how it ended.

    Where runs share a count (`usage=`), it has those before, too. It also has those of agents that a tool ran: without
    a tool, whatever is beyond the run's own responses was there before.
    """
    answers = [message for message in result.new_messages() if fields(message).get("kind") == "response"]
    names = [name for answer in answers for name in _tools(answer)]
    own, usage = combined(map(model_response, answers)), _usage(result)
    shared = not names and own is not None and count(fields(usage).get("requests")) > len(answers)
    tokens = own.tokens if own and shared else _tokens(usage)
    return read(_outcome(answers[-1]) if answers else "success", tokens, _without(names, _schemas(result)))


def model_response(response: Any) -> Reading:
    """Read one response of a model."""
    return read(_outcome(response), _tokens(fields(response).get("usage")), _tools(response))


def embeddings(result: Any) -> Reading:
    """Read embeddings, which have an input only."""
    return read(tokens=token_usage(fields(fields(result).get("usage")).get("input_tokens"), None))


def steered_run(stream: Any) -> Reading:
    """Read a run that was driven from outside; its result knows more of it, if there is one."""
    return run(stream if stream.result is None else stream.result)


def agent_stream(stream: Any) -> Reading:
    """Read the one response that a stream is of: its own count has the run's earlier ones, too."""
    return model_response(stream.response)


def streamed_response(stream: Any) -> Reading:
    """Read a response as it was last."""
    return model_response(stream.get())


def sync_response(stream: Any) -> Reading | None:
    """Read what a sync stream hides, which once it is closed it does not tell any more."""
    body = fields(stream)
    inner = body.get("_stream_response") or fields(body.get("_bridge")).get("stream")
    return None if inner is None else streamed_response(inner)


class EventStream:
    """Folds the events of a run, the last of which has its result."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._schemas: list[str] = []
        self._result: Reading | None = None

    def feed(self, event: Any, /) -> bool:
        """Take an event; a part or a delta that has something in it is output."""
        body = fields(event)
        kind = text(body.get("event_kind"))
        if kind == "agent_run_result":
            self._result = run(body.get("result"))
        elif kind == "part_end":
            self._names += _tool(body.get("part"))
        elif kind == "final_result":
            self._schemas.append(text(body.get("tool_name")))
        piece = fields(body.get("part") if kind == "part_start" else body.get("delta"))
        return kind in ("part_start", "part_delta") and any(piece.get(name) for name in _PIECES)

    def result(self) -> Reading:
        """What the run's result tells, else the tools that were called up to here."""
        return self._result or read(tool_calls=_without(self._names, self._schemas))


class NodeStream:
    """Folds the nodes of a run's graph: those that handle a response of the model have it."""

    def __init__(self) -> None:
        self._schema = ""
        self._tokens: TokenUsage | None = None
        self._names: list[str] = []
        self._outcome: Outcome = "success"

    def feed(self, node: Any, /) -> bool:
        """Take a node; one that asks the model is no output yet."""
        self._schema = text(fields(fields(node).get("data")).get("tool_name"))
        response = fields(node).get("model_response")
        if response is None:
            return False
        self._tokens = add_tokens(self._tokens, _tokens(fields(response).get("usage")))
        self._names += _tools(response)
        self._outcome = _outcome(response)
        return True

    def result(self) -> Reading:
        """All responses together; the last one's outcome holds."""
        return read(self._outcome, self._tokens, _without(self._names, [self._schema]))


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


def _schemas(result: Any) -> list[str]:
    """The names of the tools that are no tools, but the schema that was asked for."""
    body = fields(result)
    stream = fields(fields(body.get("_streamed_run_result")).get("_stream_response") or body.get("_stream_response"))
    asked = items(fields(stream.get("_model_request_parameters")).get("output_tools"))
    return [text(body.get("_output_tool_name")), *(text(fields(tool).get("name")) for tool in asked)]


def _without(names: list[str], schemas: Iterable[str]) -> list[str]:
    return [name for name in names if name not in schemas]


PROVIDER = Provider(
    packages=("pydantic_ai",),
    responses={"AgentRunResult": run, "EmbeddingResult": embeddings, "ModelResponse": model_response},
    chunks={
        "ModelResponse": ResponseStream,
        **dict.fromkeys(_NODES, NodeStream),
        **dict.fromkeys(_EVENTS, EventStream),
    },
    streams={
        **dict.fromkeys(("StreamedRunResult", "StreamedRunResultSync", "AgentStream"), (*_METHODS, "get_output")),
        "AgentRun": ("next",),
    },
    finals={
        **dict.fromkeys(("StreamedRunResult", "StreamedRunResultSync"), run),
        **dict.fromkeys(("AgentRun", "AgentRunEvents"), steered_run),
        "AgentStream": agent_stream,
        "StreamedResponse": streamed_response,
        "StreamedResponseSync": sync_response,
    },
    managers=("_RunStreamEventsContext",),
)
