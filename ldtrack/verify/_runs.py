"""Call a function in each way that matters, each time in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ldtrack.verify._addresses import leading_to
from ldtrack.verify._answer import Answer, Request, read_answer, write
from ldtrack.verify._failing_server import failing_server


class CallFailedError(Exception):
    """A call could not be made at all."""


@dataclass(frozen=True)
class Findings:
    """What became of each call."""

    whole: Answer
    failing: Answer
    forced_errors: int
    """Requests that the failing server answered; without any the error was not forced."""
    interrupted: Answer | None
    """Only of functions that stream."""


def find_out(request: Request) -> Findings:
    """Make the calls.

    Args:
        request: The call to the end. Without a parameter for the provider's address environment variables give it.

    Raises:
        CallFailedError: There is no such function, or its arguments do not fit.
    """
    whole = _answer_to(request, {})
    with failing_server() as server:
        given = request.address_argument
        extra = [f"{given}={server.address}"] if given else []
        asked = replace(request, arguments=[*request.arguments, *extra])
        failing = _answer_to(asked, {} if given else leading_to(server.address))
    interrupted = _answer_to(replace(request, way="interrupted"), {}) if whole.streams else None
    return Findings(whole, failing, server.requests, interrupted)


def _answer_to(request: Request, environment: Mapping[str, str]) -> Answer:
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "request.json", Path(folder) / "answer.json"
        write(asked, request)
        command = [sys.executable, "-m", "ldtrack.verify._call", str(asked), str(answered)]
        ended = subprocess.run(command, check=False, env={**os.environ, **environment})  # noqa: S603 -- ourselves
        if not answered.exists():
            raise CallFailedError(
                f"the process of {request.function} ended with {ended.returncode} before its call did"
            )
        answer = read_answer(answered)
    if answer.slip:
        raise CallFailedError(answer.slip)
    return answer
