"""Read recorded cases: JSON files of the form `{"cases": [...]}`, one case for each recorded call."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

from ldtrack._errors import LdtrackError


class NoCasesError(LdtrackError):
    """The folder to replay has no readable cases."""


@dataclass(frozen=True)
class Recorded:
    """What the provider's server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Expected:
    """What a correct tracker records; `alt` has other defensible values, and nobody can be right on `unscored`."""

    input: int | None
    output: int | None
    total: int | None
    usage_reported: bool
    success: bool | None
    ttft_expected: bool
    tool_calls: list[str]
    alt: Mapping[str, list[Any]]
    unscored: list[str]


@dataclass(frozen=True)
class Case:
    """One recorded call: request, response, and which SDK calls (`drivers`) can take it in which modes."""

    id: str
    endpoint: str
    streaming: bool
    path: str
    request: Mapping[str, Any]
    response: Recorded
    expected: Expected
    drivers: Mapping[str, list[str]]


@dataclass(frozen=True)
class Recording:
    """A folder's cases: those that the wanted drivers can play, and how many they cannot."""

    cases: list[Case]
    others: int


def load(folder: Path, wanted: Collection[str]) -> Recording:
    """Read a folder's cases, keeping the drivers that are wanted.

    Raises `NoCasesError` if there are none, or if one cannot be read.
    """
    if not folder.is_dir():
        raise NoCasesError(f"{folder} is not a folder")
    found = [raw for file in sorted(folder.glob("*.json")) for raw in _raw_cases(file)]
    if not found:
        raise NoCasesError(f'{folder} has no cases: no *.json file of the form {{"cases": [...]}}')
    cases = [_case(raw, wanted) for raw in found]
    ours = [case for case in cases if case is not None]
    return Recording(ours, others=len(cases) - len(ours))


def _raw_cases(file: Path) -> Iterator[Any]:
    try:
        content = json.loads(file.read_bytes())
    except ValueError as exc:
        raise NoCasesError(f"{file} is not valid JSON") from exc
    if isinstance(content, dict):
        yield from cast("dict[str, Any]", content).get("cases", ())


def _case(raw: Any, wanted: Collection[str]) -> Case | None:
    try:
        drivers = {name: list(how["modes"]) for name, how in raw["drivers"].items() if name in wanted}
        return _parse(raw, drivers) if drivers else None
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        name = cast("dict[str, Any]", raw).get("id") if isinstance(raw, dict) else raw
        raise NoCasesError(f"case {name!r} cannot be read ({type(exc).__name__}: {exc})") from exc


def _parse(raw: Mapping[str, Any], drivers: Mapping[str, list[str]]) -> Case:
    return Case(
        id=raw["id"],
        endpoint=raw["endpoint"],
        streaming=raw["streaming"],
        path=raw["request"]["path"],
        request=raw["request"]["body"] or {},
        response=_recorded(raw["response"]),
        expected=Expected(**{field.name: raw["expected"][field.name] for field in fields(Expected)}),
        drivers=drivers,
    )


def _recorded(raw: Mapping[str, Any]) -> Recorded:
    text, encoding = raw["body"], raw["body_encoding"]
    body = base64.b64decode(text) if encoding == "base64" else text.encode(encoding)
    return Recorded(raw["status"], raw["headers"], body)
