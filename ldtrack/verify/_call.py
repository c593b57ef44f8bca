"""One call in a process of its own: `python -m ldtrack.verify._call REQUEST ANSWER`."""

from __future__ import annotations

import logging
import sys
from functools import partial
from pathlib import Path
from typing import Any

from ldclient import Context

import ldtrack
from ldtrack import _clients, _settings
from ldtrack._find import NotFoundError, find
from ldtrack._reader import output_has_begun
from ldtrack._switches import switches
from ldtrack.local import LocalLaunchDarkly
from ldtrack.verify._addresses import SDKS
from ldtrack.verify._answer import Answer, Request, as_json, read_request, write
from ldtrack.verify._arguments import bound
from ldtrack.verify._drive import drive

_AROUND = Context.create("made-up-by-ldtrack-verify")
_MADE_UP: dict[str, Any] = {"model": {"name": "gpt-4o-mini"}, "provider": {"name": "OpenAI"}}
_BY_KIND: dict[str, dict[str, Any]] = {
    "completion": {"messages": [{"role": "system", "content": "Be brief."}]},
    "agent": {"instructions": "Be brief.", "_ldMeta": {"mode": "agent"}},
    "judge": {"messages": [{"role": "system", "content": "Be brief."}], "_ldMeta": {"mode": "judge"}},
}


def answered(request: Request) -> Answer:
    """Make the call, and tell what was recorded of it."""
    answer = Answer()
    logging.getLogger("ldtrack").addHandler(_Collector(answer.warnings))
    try:
        function = find(request.function)
        explained = ldtrack.explain(function)
        args, kwargs = bound(function, request.arguments, request.address_argument)
        answer.config_key = explained.config_key
        made_up = {explained.config_key: {**_MADE_UP, **_BY_KIND[explained.config_kind]}}
        local = LocalLaunchDarkly(request.configs or made_up)
    except (NotFoundError, TypeError, ValueError, ImportError) as exc:
        answer.slip = str(exc)
        return answer
    switches.local = local.client  # whatever the module configured, and whatever its functions name
    _clients.ask_again()
    stop = output_has_begun if request.way == "interrupted" else _never
    with ldtrack.use_context(_settings.current.context or _AROUND):
        try:
            answer.streams = drive(partial(function, *args, **kwargs), stop)
        except Exception as exc:  # noqa: BLE001 -- the outcome that is looked at
            answer.raised = type(exc).__name__
            answer.reason = str(exc) if isinstance(exc, ldtrack.LdtrackError) else ""
    answer.is_context_made_up = any(event.context == _AROUND for event in local.events)
    answer.events = as_json(local.events)
    answer.packages = sorted(SDKS.keys() & sys.modules.keys())
    return answer


def _never() -> bool:
    return False


class _Collector(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


if __name__ == "__main__":
    write(Path(sys.argv[2]), answered(read_request(Path(sys.argv[1]))))
