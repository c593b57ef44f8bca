"""Instructor, whose answers are the user's own models: `containers.py` reads the response in them."""

from __future__ import annotations

from typing import Any

from ldai.tracker import TokenUsage

from ldtrack._metrics import Reading, read
from ldtrack.extractors._chat import tokens_only
from ldtrack.extractors._fields import fields
from ldtrack.extractors._inner import read_inner
from ldtrack.extractors._messages import message
from ldtrack.extractors._provider import Provider


def exhausted(exc: Any) -> Reading:
    """Read what was paid for answers that do not fit the model.

    Instructor adds up the usage of its attempts where it has OpenAI's or Anthropic's names. Of other providers there
    is the last answer, and also of an attempt that was not counted.
    """
    usage = {"usage": fields(exc).get("total_usage")}
    return read("error", tokens_only(usage).tokens or message(usage).tokens or _last(exc))


def _last(exc: Any) -> TokenUsage | None:
    reading = read_inner(fields(exc).get("last_completion"))
    return None if reading is None else reading.tokens


PROVIDER = Provider(
    packages=("instructor",),
    exceptions={"InstructorRetryException": exhausted, "IncompleteOutputException": exhausted},
)
