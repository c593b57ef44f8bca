"""What the models of a CrewAI crew counted during one kickoff.

CrewAI's own counts are those of its models' whole lives, and copies of a model share them. So its hooks tell what they
were when a kickoff began. Where kickoffs with the same counts overlap, its events tell which one a call belongs to: not
every call has one, so that they do not serve otherwise.
"""

from __future__ import annotations

import sys
import threading
import weakref
from contextvars import ContextVar
from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import add_tokens, count, token_usage
from ldtrack.extractors._converse import converse_tokens
from ldtrack.extractors._fields import fields, items

_NAMES = (
    ("prompt_tokens", "completion_tokens"),
    ("input_tokens", "output_tokens"),
    ("prompt_token_count", "candidates_token_count"),
)
"""What CrewAI calls what a model read and wrote, after the names of the model's provider; Bedrock's are read apart."""

_used: dict[int, Kickoff] = {}
"""The kickoffs that outputs are of."""
_under_way: weakref.WeakValueDictionary[int, Kickoff] = weakref.WeakValueDictionary()
_current: ContextVar[Kickoff | None] = ContextVar("ldtrack_kickoff", default=None)
_adding = threading.Lock()
_hooked: list[bool] = []
_seen: list[bool] = []


class Kickoff:
    """One kickoff of a crew, perhaps inside of another one."""

    def __init__(self, crew: Any) -> None:
        self.crew_id = id(crew)
        self.outer = _current.get()
        self.before = {key: _counted(model) for key, model in _models(crew).items()}
        self.overlaps = False
        self._told: TokenUsage | None = None
        self._counted: TokenUsage | None = None

    @property
    def tokens(self) -> TokenUsage | None:
        """What its models used."""
        return self._told if self.overlaps else self._counted

    def tell(self, tokens: TokenUsage | None) -> None:
        """Add what one call used; events come from several threads."""
        with _adding:
            self._told = add_tokens(self._told, tokens)

    def end(self, crew: Any) -> None:
        """Note what has been counted since it began."""
        read_in = written = 0
        for key, model in _models(crew).items():
            earlier, now = self.before.get(key, (0, 0)), _counted(model)
            read_in, written = read_in + now[0] - earlier[0], written + now[1] - earlier[1]
        self._counted = token_usage(read_in, written)


def kickoff_of(output: Any) -> Kickoff | None:
    """The kickoff that an output is of, if it was seen."""
    return _used.get(id(output))


def sees_kickoffs() -> bool:
    """Whether a kickoff was seen, so that those of other outputs began before there were hooks."""
    hook()
    return bool(_seen)


def hook() -> None:
    """Ask CrewAI to tell of kickoffs and calls, once it is there."""
    hooks: Any = sys.modules.get("crewai.hooks")
    events: Any = sys.modules.get("crewai.events")
    if _hooked or not hasattr(hooks, "InterceptionPoint") or not hasattr(events, "LLMCallCompletedEvent"):
        return
    _hooked.append(True)
    hooks.register_hook(hooks.InterceptionPoint.EXECUTION_START, began)
    hooks.register_hook(hooks.InterceptionPoint.EXECUTION_END, ended)
    events.crewai_event_bus.register_handler(events.LLMCallCompletedEvent, called)


def began(context: Any) -> None:
    """Note that a kickoff begins; a flow's has no crew."""
    if context.crew is None:
        return
    kickoff = Kickoff(context.crew)
    for other in list(_under_way.values()):
        if other.before.keys() & kickoff.before.keys():
            other.overlaps = kickoff.overlaps = True
    _under_way[id(kickoff)] = kickoff
    _current.set(kickoff)


def ended(context: Any) -> None:
    """Note that a kickoff has ended; one that failed has no output."""
    kickoff = _current.get()
    if kickoff is None or kickoff.crew_id != id(context.crew):
        return
    _seen[:] = [True]
    _current.set(kickoff.outer)
    _under_way.pop(id(kickoff), None)
    if context.payload is not None:
        kickoff.end(context.crew)
        _keep(context.payload, kickoff)


def called(_source: Any, event: Any) -> None:
    """Note what a call used, for the kickoff that it was made in and for those around it."""
    tokens = call_tokens(event.usage)
    kickoff = _current.get()
    while kickoff is not None:
        kickoff.tell(tokens)
        kickoff = kickoff.outer


def call_tokens(usage: Any) -> TokenUsage | None:
    """Read what CrewAI tells of one call."""
    counts = fields(usage)
    known = (token_usage(counts.get(read_in), counts.get(written)) for read_in, written in _NAMES)
    return converse_tokens(usage) if "inputTokens" in (usage or ()) else next(filter(None, known), None)


def _models(crew: Any) -> dict[int, Any]:
    """The models of a crew, by what they count in."""
    agents = [*items(crew.agents), crew.manager_agent]
    found = [*(getattr(agent, "llm", None) for agent in agents), crew.manager_llm]
    models = [model for model in found if hasattr(model, "get_token_usage_summary")]
    return {id(getattr(model, "_token_usage", model)): model for model in models}


def _counted(model: Any) -> tuple[int, int]:
    usage = fields(model.get_token_usage_summary())
    return count(usage.get("prompt_tokens")), count(usage.get("completion_tokens"))


def _keep(output: Any, kickoff: Kickoff) -> None:
    """Keep what is known of an output for as long as it lives."""
    if id(output) not in _used:
        weakref.finalize(output, _used.pop, id(output), None).atexit = False
    _used[id(output)] = kickoff
