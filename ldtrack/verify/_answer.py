"""What a call in another process is asked for, and what it answers: JSON in files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ldtrack.local import CustomEvent
from ldtrack.local._events import payload
from ldtrack.monitor._received import ReceivedEvent, context_of, kinds_of

Way: TypeAlias = Literal["whole", "interrupted"]


@dataclass(frozen=True)
class Request:
    """One call: of which function, with what, and whether its stream is left early."""

    function: str
    arguments: list[str]
    configs: str | None
    way: Way
    address_argument: str | None = None
    """The parameter that takes the address of the provider."""


@dataclass
class Answer:
    """What became of it."""

    slip: str = ""
    """What kept it from being called."""
    config_key: str = ""
    streams: bool = False
    raised: str = ""
    """The type of the exception that came out."""
    reason: str = ""
    """What it says, if it is ldtrack's own."""
    is_context_made_up: bool = False
    """Whether the call found no LaunchDarkly context but the one that was put around it here."""
    warnings: list[str] = field(default_factory=list[str])
    packages: list[str] = field(default_factory=list[str])
    """Known SDKs that the process had imported."""
    events: list[Any] = field(default_factory=list[Any])

    def received(self) -> list[ReceivedEvent]:
        """The events, to be counted."""
        return [
            ReceivedEvent(key, data, value, context_of(tuple((kind, name) for kind, name in kinds)), at)
            for key, data, value, kinds, at in self.events
        ]


def as_json(events: Iterable[CustomEvent]) -> list[Any]:
    """Make events ready for `Answer.events`."""
    return [
        (event.key, dict(payload(event)), event.metric_value, kinds_of(event.context), event.timestamp)
        for event in events
    ]


def write(path: Path, what: Request | Answer) -> None:
    """Put it into a file."""
    path.write_text(json.dumps(asdict(what), default=str), encoding="utf-8")


def read_request(path: Path) -> Request:
    """Get it out again."""
    return Request(**json.loads(path.read_text(encoding="utf-8")))


def read_answer(path: Path) -> Answer:
    """Get it out again."""
    return Answer(**json.loads(path.read_text(encoding="utf-8")))
