"""CrewAI: what crews and agents return, and a crew's stream.

A crew's own count is that of its models' whole lives, and counts a model once for each agent that shares it. So
CrewAI's hooks tell what each model had counted when a kickoff began. They are in place once CrewAI's classes have been
looked up: at the decoration, if the function says that it returns a `CrewOutput`, else at the first output that is
read. For that one, which nobody saw begin, the crew's own count is taken.
"""

from __future__ import annotations

import sys
import weakref
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, count, read, token_usage
from ldtrack.extractors._chat import tokens_only
from ldtrack.extractors._fields import fields, items, text
from ldtrack.extractors._provider import Provider

_before: dict[int, dict[int, tuple[int, int]]] = {}
"""What the models of each crew had counted when its kickoff began."""
_used: dict[int, TokenUsage | None] = {}
"""What they counted during the kickoff that each output is of."""
_hooked: list[bool] = []


def crew_output(output: Any) -> Reading:
    """Read what a crew returns."""
    if id(output) in _used:
        return read(tokens=_used[id(output)])
    seen_first = not _hooked
    _hook()
    return read(tokens=tokens_only({"usage": fields(output).get("token_usage")}).tokens if seen_first else None)


def agent_output(output: Any) -> Reading:
    """Read what a single agent returns: its count is of this run."""
    return read(tokens=tokens_only({"usage": fields(output).get("usage_metrics")}).tokens)


def streamed(stream: Any) -> Reading | None:
    """Read the output that a crew's stream has at its end."""
    try:
        output = stream.result
    except Exception:  # noqa: BLE001 -- it was left before, or failed
        return None
    return crew_output(output)


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

    def result(self) -> Reading:
        """The tools that were called."""
        return read(tool_calls=self._names.values())


def _hook() -> None:
    """Ask CrewAI to tell of kickoffs, once its hooks are there."""
    hooks = sys.modules.get("crewai.hooks")
    if _hooked or hooks is None:
        return
    _hooked.append(True)
    if hasattr(hooks, "InterceptionPoint"):  # older releases have other hooks only
        hooks.register_hook(hooks.InterceptionPoint.EXECUTION_START, _began)
        hooks.register_hook(hooks.InterceptionPoint.EXECUTION_END, _ended)


def _began(context: Any) -> None:
    crew = context.crew
    if crew is not None:  # a flow's
        _keep(_before, crew, {id(model): _counted(model) for model in _models(crew)})


def _ended(context: Any) -> None:
    before = _before.get(id(context.crew))
    if before is None or context.payload is None:
        return
    read_in = written = 0
    for model in _models(context.crew):
        earlier, now = before.get(id(model), (0, 0)), _counted(model)
        read_in, written = read_in + now[0] - earlier[0], written + now[1] - earlier[1]
    _keep(_used, context.payload, token_usage(read_in, written))


def _models(crew: Any) -> list[Any]:
    """The models of a crew, each once."""
    agents = [*items(crew.agents), crew.manager_agent]
    found = [*(getattr(agent, "llm", None) for agent in agents), crew.manager_llm]
    return list({id(model): model for model in found if hasattr(model, "get_token_usage_summary")}.values())


def _counted(model: Any) -> tuple[int, int]:
    usage = fields(model.get_token_usage_summary())
    return count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))


def _keep(kept: dict[int, Any], owner: Any, value: Any) -> None:
    """Keep what belongs to an object for as long as it lives."""
    if id(owner) not in kept:
        weakref.finalize(owner, kept.pop, id(owner), None).atexit = False
    kept[id(owner)] = value


_hook()

PROVIDER = Provider(
    packages=("crewai",),
    responses={"CrewOutput": crew_output, "LiteAgentOutput": agent_output},
    chunks={"StreamChunk": ChunkStream},
    streams={"CrewStreamingOutput": ()},
    finals={"CrewStreamingOutput": streamed},
)
