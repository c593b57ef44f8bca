"""Strands: results of agents, graphs and swarms, and the dicts that they stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Outcome, Reading, combined, count, outcome_in, read, token_usage
from ldtrack.extractors._converse import ConverseStream, is_converse_event
from ldtrack.extractors._fields import as_dict, fields, items, text
from ldtrack.extractors._provider import Provider

_GUARDED = "guardrail_intervened"
_FAILED = ("content_filtered", _GUARDED, "malformed_model_output", "malformed_tool_use", "refusal")


def agent_result(result: Any) -> Reading:
    """Read what one call of an agent gave: the metrics in it also count all of the agent's earlier calls.

    A schema that was asked for is a tool to the agent, called as its class.
    """
    body = fields(result)
    metrics = fields(body.get("metrics"))
    call = fields((items(metrics.get("agent_invocations")) or [None])[-1])
    cycles = len(items(call.get("cycles")))
    traces = items(metrics.get("traces"))[-cycles:] if cycles else ()
    schema = type(body.get("structured_output")).__name__
    names = [name for trace in traces for name in _tools(trace) if name != schema]
    return read(_outcome(body.get("stop_reason")), _tokens(call.get("usage")), names)


def multi_agent_result(result: Any) -> Reading:
    """Read a graph or a swarm. Its own counts take those of its agents' earlier calls for its own.

    The results that it holds are of one call each, but only of the last one where a node ran again.
    """
    body = fields(result)
    nodes = [fields(node) for node in as_dict(body.get("results")).values()]
    parts = [reading for node in nodes if (reading := _node(node.get("result"))) is not None]
    inner = combined(parts)
    ran_once = count(body.get("execution_count")) <= len(parts)
    tokens = inner.tokens if inner and ran_once else _tokens(body.get("accumulated_usage"))
    failed = getattr(body.get("status"), "name", None) == "FAILED"
    return read("error" if failed else "success", tokens, inner.tool_calls or () if inner else ())


class EventStream:
    """Folds the dicts of `stream_async`: the model's own events are among them, and the last one has the result."""

    def __init__(self) -> None:
        self._model = ConverseStream()
        self._result: Reading | None = None

    @property
    def complete(self) -> bool:
        """Whether the result came."""
        return self._result is not None

    def feed(self, event: Any, /) -> bool:
        """Take a dict; text, thinking and calls of tools are output."""
        if "result" in event:
            self._end(event["result"])
            return False
        inner = as_dict(event.get("event"))
        if is_event(inner):  # of an agent inside a graph or a swarm
            return self.feed(inner)
        return self._model.feed(inner) or bool(event.get("data") or event.get("reasoningText"))

    def result(self) -> Reading:
        """What the result tells, else the model's events up to here."""
        model = self._model.result()
        if self._result is None:
            return model
        outcome = "error" if outcome_in(model) == "error" else outcome_in(self._result)
        return read(outcome, self._result.tokens, self._result.tool_calls or ())

    def _end(self, result: Any) -> None:
        """Take the result. What a guardrail did is told by the trace, which only the model's own events have."""
        reading = _node(result)
        if reading is None:
            return
        if self._model.complete and fields(result).get("stop_reason") == _GUARDED:
            reading = read(outcome_in(self._model.result()), reading.tokens, reading.tool_calls or ())
        self._result = reading


def is_event(event: Mapping[str, Any]) -> bool:
    """Tell a dict that `stream_async` gives."""
    inner = as_dict(event.get("event"))
    if is_converse_event(inner) or is_event_of_node(event):
        return True
    if "result" in event:
        return _node(event["result"]) is not None
    return "init_event_loop" in event or ("delta" in event and ("data" in event or "reasoningText" in event))


def is_event_of_node(event: Mapping[str, Any]) -> bool:
    """Tell a dict that a graph or a swarm gives."""
    return text(event.get("type")).startswith("multiagent_")


def _node(result: Any) -> Reading | None:
    """Read what a node gave: a result of an agent, of several, or an exception."""
    body = fields(result)
    if body.get("accumulated_usage") is not None:
        return multi_agent_result(result)
    return agent_result(result) if body.get("metrics") is not None else None


def _outcome(stop_reason: Any) -> Outcome:
    if stop_reason == "cancelled":  # by the caller
        return None
    return "error" if stop_reason in _FAILED else "success"


def _tokens(usage: Any) -> TokenUsage | None:
    """The counts in an agent's words; some models leave the cache out of the input, none out of the total."""
    counts = fields(usage)
    total, written = count(counts.get("totalTokens")), count(counts.get("outputTokens"))
    return token_usage(max(total - written, count(counts.get("inputTokens"))), written, total)


def _tools(trace: Any) -> list[str]:
    children = [fields(child) for child in items(fields(trace).get("children"))]
    return [name for child in children if (name := text(as_dict(child.get("metadata")).get("tool_name")))]


PROVIDER = Provider(
    packages=("strands",), responses={"AgentResult": agent_result, "MultiAgentResult": multi_agent_result}
)
