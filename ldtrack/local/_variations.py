"""What a variation may hold: the keys that LaunchDarkly's SDK reads, and what it takes for each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeAlias

from ldtrack.local._slips import known_keys, listed, mapping, misspelt_keys, within

Check: TypeAlias = Callable[[Any], object]
"""Raises ValueError for a value that is not what is asked for."""

_EXAMPLE = "{'model': {'name': 'gpt-4o'}}"


def check_variation(variation: Any) -> None:
    """Refuse what the SDK would ignore, stumble over, or take for something else."""
    astray = [key for key in mapping(variation, _EXAMPLE) if key in _META]
    if astray:
        raise ValueError(f"{listed(astray)} belongs into '_ldMeta'")
    _VARIATION(variation)


def _is(kind: type | tuple[type, ...], what: str) -> Check:
    def check(value: Any) -> None:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"must be {what}, not {value!r}")

    return check


def _one_of(*words: str) -> Check:
    def check(value: Any) -> None:
        if value not in words:
            raise ValueError(f"must be one of {listed(words)}, not {value!r}")

    return check


def _each(example: str, check_item: Check) -> Check:
    """A list; unlike those of the targeting it may be empty."""

    def check(value: Any) -> None:
        _is(list, f"a list such as {example}")(value)
        for number, item in enumerate(value, start=1):
            with within(f"number {number}"):
                check_item(item)

    return check


def _by_name(example: str, check_item: Check) -> Check:
    def check(value: Any) -> None:
        for name, item in mapping(value, example).items():
            with within(repr(name)):
                check_item(item)

    return check


def _record(
    example: str, fields: Mapping[str, Check], needs: Collection[str] = (), *, open_ended: bool = False
) -> Check:
    """A mapping of known keys; LaunchDarkly may add others to one that is open-ended."""
    check_keys = misspelt_keys if open_ended else known_keys

    def check(value: Any) -> None:
        given = mapping(value, example)
        check_keys(given, fields)
        for key in needs:
            if key not in given:
                raise ValueError(f"has no {key!r}; it is a mapping such as {example}")
        for key, item in given.items():
            if key in fields:
                with within(repr(key)):
                    fields[key](item)

    return check


def _any(_value: Any) -> None:
    """The provider's or LaunchDarkly's own affair."""


_text = _is(str, "a text")
_number = _is((int, float), "a number")
_whole = _is(int, "a whole number")
_yes_or_no = _is(bool, "true or false")
_mapping = _by_name("{'temperature': 0.3}", _any)

_CUSTOM = _record("{'team': 'a'}", {"costPerInputToken": _number, "costPerOutputToken": _number}, open_ended=True)

_META: dict[str, Check] = {
    "enabled": _yes_or_no,
    "version": _whole,
    "variationKey": _text,
    "mode": _one_of("completion", "agent", "judge"),
    "modelKey": _text,
    "modelVersion": _whole,
}
_MODEL = _record(
    "{'name': 'gpt-4o'}",
    {"name": _text, "parameters": _mapping, "custom": _CUSTOM, "region": _text},
    needs=["name"],
)
_MESSAGE = _record(
    "{'role': 'system', 'content': 'Be brief.'}",
    {"role": _one_of("system", "user", "assistant"), "content": _text},
    needs=["role", "content"],
)
_TOOL = _record(
    "{'name': 'search', 'type': 'function'}",
    {"name": _text, "description": _text, "type": _text, "parameters": _mapping, "customParameters": _mapping},
    open_ended=True,
)
_JUDGE = _record(
    "{'key': 'relevance', 'samplingRate': 0.5}",
    {"key": _text, "samplingRate": _number},
    needs=["key", "samplingRate"],
)
_EDGE = _record("{'key': 'an-agent'}", {"key": _text, "handoff": _mapping}, needs=["key"], open_ended=True)
_VARIATION = _record(
    _EXAMPLE,
    {
        "_ldMeta": _record("{'enabled': True}", _META, open_ended=True),
        "model": _MODEL,
        "provider": _record("{'name': 'OpenAI'}", {"name": _text}, needs=["name"]),
        "messages": _each("[{'role': 'system', 'content': 'Be brief.'}]", _MESSAGE),
        "instructions": _text,
        "tools": _by_name("{'search': {'name': 'search', 'type': 'function'}}", _TOOL),
        "judgeConfiguration": _record(
            "{'judges': [{'key': 'relevance', 'samplingRate': 0.5}]}",
            {"judges": _each("[{'key': 'relevance', 'samplingRate': 0.5}]", _JUDGE)},
            needs=["judges"],
        ),
        "evaluationMetricKey": _text,
        "evaluationMetricKeys": _each("['$ld:ai:judge:relevance']", _text),
        # of an agent graph
        "root": _text,
        "edges": _by_name("{'an-agent': [{'key': 'another'}]}", _each("[{'key': 'another'}]", _EDGE)),
    },
)
