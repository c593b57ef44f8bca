"""OpenAI's Agents SDK: runs of agents, whole or as events, and single responses of its models."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, add_tokens, outcome_in, read, token_usage
from ldtrack.extractors._fields import Fields, fields, items, text
from ldtrack.extractors._provider import Provider
from ldtrack.extractors._responses import ResponseStream, response, tool_name, usage_tokens

_OUTPUT = ("message_output_item", "reasoning_item", "tool_call_item", "handoff_call_item")
_CALLS = ("tool_call_item", "handoff_call_item", "mcp_approval_request_item")


def run(result: Any) -> Reading:
    """Read a run. One that goes on after an approval has all that came before in it: that was counted already."""
    body = fields(result)
    steps = items(body.get("new_items"))
    resumed = _resumed_at(body)
    return read(tokens=_tokens(body, steps[:resumed]), tool_calls=_tools(steps[resumed:]))


def streamed_run(result: Any) -> Reading:
    """Read a streamed run that has ended; what its loop failed with does not always leave its stream of events."""
    reading = run(result)
    failed = getattr(result, "run_loop_exception", None) is not None
    return read("error" if failed else "success", reading.tokens, reading.tool_calls or ())


def paid_run(exc: Any) -> Reading | None:
    """Read what a run had used when it failed."""
    data = fields(exc).get("run_data")
    if data is None:
        return None
    reading = run(data)
    return read("error", reading.tokens, reading.tool_calls or ())


class EventStream:
    """Folds the events of a run: those of the model's responses, and the tools that it called."""

    def __init__(self) -> None:
        self._responses = ResponseStream()
        self._began = False
        self._made = False
        """Whether an item came by; who passes on the model's events alone leaves them out."""
        self._names: list[str] = []

    @property
    def complete(self) -> bool:
        """Whether the last response has ended; a run that goes on after an approval may need none."""
        return self._responses.complete or not self._began

    def feed(self, event: Any, /) -> bool:
        """Take an event; what the model sends is output, and what the kit makes of it comes later, or alone."""
        body = fields(event)
        if body.get("type") == "raw_response_event":
            self._began = True
            return self._responses.feed(body.get("data"))
        item = body.get("item")
        if item is None:
            return False
        self._made = True
        self._names += _tools([item])
        return not self._began and fields(item).get("type") in _OUTPUT

    def result(self) -> Reading:
        """Everything up to here; the last response's outcome holds."""
        reading = self._responses.result()
        return read(outcome_in(reading), reading.tokens, self._names if self._made else reading.tool_calls or ())


def _resumed_at(body: Fields) -> int:
    """Where this run begins among the steps: after the last approval that an earlier one stopped for."""
    waiting = [_call_id(fields(item).get("raw_item")) for item in items(body.get("interruptions"))]
    begin = 0
    for position, item in enumerate(items(body.get("new_items")), 1):
        step = fields(item)
        if step.get("type") == "tool_approval_item" and _call_id(step.get("raw_item")) not in waiting:
            begin = position
    return begin


def _tokens(body: Fields, earlier: Any) -> TokenUsage | None:
    """What the run used, less the responses that the earlier steps came from."""
    used = usage_tokens(fields(body.get("context_wrapper")).get("usage"))
    if used is None or not earlier:
        return used
    paid = _paid(body, earlier)
    return token_usage(used.input - paid.input, used.output - paid.output, used.total - paid.total)


def _paid(body: Fields, steps: Any) -> TokenUsage:
    """What the responses used, up to the last one that made one of these steps."""
    calls = [_call_id(step.get("raw_item")) for step in map(fields, steps) if step.get("type") in _CALLS]
    paid = TokenUsage(total=0, input=0, output=0)
    for answer in map(fields, items(body.get("raw_responses"))):
        if not calls:
            break
        made = [_call_id(output) for output in items(answer.get("output"))]
        for call in calls.copy():  # servers that number their calls use an id again
            if call in made:
                made.remove(call)
                calls.remove(call)
        paid = add_tokens(paid, usage_tokens(answer.get("usage"))) or paid
    return paid


def _call_id(item: Any) -> Any:
    body = fields(item)
    return body.get("call_id") or body.get("id")


def _tools(steps: Any) -> list[str]:
    """The tools that were called; a hand-over to another agent is none."""
    calls = [step for step in map(fields, steps) if step.get("type") == "tool_call_item"]
    return [name for call in calls for name in _tool(call)]


def _tool(call: Fields) -> list[str]:
    resolved = text(call.get("_resolved_tool_name"))
    return [resolved] if resolved else list(tool_name(call.get("raw_item")))


PROVIDER = Provider(
    packages=("agents",),
    responses={"RunResult": run, "ModelResponse": response},
    chunks=dict.fromkeys(("RawResponsesStreamEvent", "RunItemStreamEvent", "AgentUpdatedStreamEvent"), EventStream),
    streams={"RunResultStreaming": ("stream_events",)},
    finals={"RunResultStreaming": streamed_run},
    exceptions={"AgentsException": paid_run},
)
