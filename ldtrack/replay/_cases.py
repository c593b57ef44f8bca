"""Read recorded cases: JSON files of the form `{"cases": [...]}`, one case for each recorded call."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
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
    streaming: bool = False


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
class Driver:
    """A way of making a case's call with an SDK."""

    modes: list[str]
    """"sync" and "async", as far as the SDK takes the case."""
    tokens_visible: bool = True
    """Whether the SDK's object has the counts."""


@dataclass(frozen=True)
class Case:
    """One recorded call, or the calls of an agent loop: request, responses, and which drivers can take it."""

    id: str
    provider: str
    endpoint: str
    streaming: bool
    path: str
    request: Mapping[str, Any]
    steps: list[Recorded]
    """The responses in their order; of a single call, the one."""
    tools: list[str]
    """The function tools that an agent loop's model calls."""
    expected: Expected
    drivers: Mapping[str, Driver]

    @property
    def is_run(self) -> bool:
        """Whether it is an agent loop."""
        return len(self.steps) > 1

    @property
    def response(self) -> Recorded:
        """The last response."""
        return self.steps[-1]


@dataclass(frozen=True)
class Recording:
    """A folder's cases: those that the SDKs here can play, and how many they cannot."""

    cases: list[Case]
    others: int


def load(folder: Path, wanted: Callable[[str], object]) -> Recording:
    """Read a folder's cases.

    Args:
        folder: Where the files are.
        wanted: Whether a driver can be played here.

    Raises:
        NoCasesError: There are none, or one cannot be read.
    """
    if not folder.is_dir():
        raise NoCasesError(f"{folder} is not a folder")
    found = [raw for file in sorted(folder.glob("*.json")) for raw in _raw_cases(file)]
    if not found:
        raise NoCasesError(f'{folder} has no cases: no *.json file of the form {{"cases": [...]}}')
    by_id: dict[str, Any] = {str(raw.get("id")): raw for raw in found if isinstance(raw, dict)}  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType] -- as read
    cases = [_case(raw, by_id, wanted) for raw in found]
    ours = [case for case in cases if case is not None]
    return Recording(ours, others=len(cases) - len(ours))


def _raw_cases(file: Path) -> Iterator[Any]:
    try:
        content = json.loads(file.read_bytes())
    except ValueError as exc:
        raise NoCasesError(f"{file} is not valid JSON") from exc
    if isinstance(content, dict):
        yield from cast("dict[str, Any]", content).get("cases", ())


def _case(raw: Any, by_id: Mapping[str, Any], wanted: Callable[[str], object]) -> Case | None:
    try:
        drivers = {name: _driver(how) for name, how in raw["drivers"].items() if wanted(name)}
        return _parse(raw, by_id, drivers) if drivers else None
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        name = cast("dict[str, Any]", raw).get("id") if isinstance(raw, dict) else raw
        raise NoCasesError(f"case {name!r} cannot be read ({type(exc).__name__}: {exc})") from exc


def _driver(raw: Mapping[str, Any]) -> Driver:
    return Driver(list(raw["modes"]), raw.get("tokens_visible", True))


def _parse(raw: Mapping[str, Any], by_id: Mapping[str, Any], drivers: Mapping[str, Driver]) -> Case:
    steps = [by_id[step] for step in raw["steps"]] if "steps" in raw else [raw]
    return Case(
        id=raw["id"],
        provider=raw["provider"],
        endpoint=raw["endpoint"],
        streaming=raw["streaming"],
        path=raw["request"]["path"],
        request=raw["request"]["body"] or {},
        steps=[_recorded(step) for step in steps],
        tools=list(raw.get("tools", ())),
        expected=Expected(**{field.name: raw["expected"][field.name] for field in fields(Expected)}),
        drivers=drivers,
    )


def _recorded(raw: Mapping[str, Any]) -> Recorded:
    response = raw["response"]
    text, encoding = response["body"], response["body_encoding"]
    body = base64.b64decode(text) if encoding == "base64" else text.encode(encoding)
    return Recorded(response["status"], response["headers"], body, raw["streaming"])
