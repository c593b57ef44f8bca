"""Who gets which variation: targets, rules, percentage rollout, default."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ldtrack.local._slips import filled_list, index_of, known_keys, mapping, within

_WEIGHT_OF_A_PERCENT = 1000
_RULE = "{'attribute': 'plan', 'in': ['pro'], 'variation': 'brief'}"


def targets(several: Mapping[str, Any], names: list[str]) -> list[dict[str, Any]]:
    """List the user keys that always get one variation."""
    with within("'targets'"):
        given = mapping(several.get("targets", {}), "{'brief': ['a-user-key']}")
        return [{"variation": index_of(name, names), "values": _user_keys(name, keys)} for name, keys in given.items()]


def rules(several: Mapping[str, Any], names: list[str]) -> list[dict[str, Any]]:
    """List the rules in the order in which they are asked."""
    given = several.get("rules")
    if given is None:
        return []
    with within("'rules'"):
        listed = filled_list(given, f"[{_RULE}]")
    return [_rule(number, rule, names) for number, rule in enumerate(listed, start=1)]


def fallthrough(several: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """Say what contexts get that no target or rule matches."""
    if "rollout" not in several:
        with within("'default'"):
            return {"variation": index_of(several.get("default", names[0]), names)}
    if "default" in several:
        raise ValueError("'rollout' and 'default' both say what everybody else gets; keep one of them")
    with within("'rollout'"):
        return {"rollout": {"variations": _weights(several["rollout"], names)}}


def _user_keys(name: str, given: Any) -> list[str]:
    with within(repr(name)):
        keys = filled_list(given, "['a-user-key']")
        if not all(isinstance(key, str) for key in keys):
            raise ValueError("user keys are strings; put numbers in quotes")
        return keys


def _rule(number: int, given: Any, names: list[str]) -> dict[str, Any]:
    with within(f"rule {number}"):
        rule = mapping(given, _RULE)
        known_keys(rule, ("attribute", "in", "variation", "contextKind"))
        return {
            "id": f"rule-{number}",
            "variation": index_of(rule.get("variation"), names),
            "clauses": [_clause(rule)],
        }


def _clause(rule: Mapping[str, Any]) -> dict[str, Any]:
    with within("'in'"):
        values = filled_list(rule.get("in"), "['pro', 'team']")
    return {
        "attribute": _text(rule, "attribute", "plan", None),
        "contextKind": _text(rule, "contextKind", "organization", "user"),
        "op": "in",
        "values": values,
    }


def _text(rule: Mapping[str, Any], key: str, example: str, default: str | None) -> str:
    value = rule.get(key, default)
    if isinstance(value, str) and value:
        return value
    raise ValueError(f"{key!r} must be a name such as {example!r}, not {value!r}")


def _weights(given: Any, names: list[str]) -> list[dict[str, int]]:
    percentages = mapping(given, "{'brief': 60, 'thorough': 40}")
    weights = [
        {"variation": index_of(name, names), "weight": _weight(name, percentage)}
        for name, percentage in percentages.items()
    ]
    total = sum(item["weight"] for item in weights)
    if total != 100 * _WEIGHT_OF_A_PERCENT:
        raise ValueError(f"the percentages add up to {total / _WEIGHT_OF_A_PERCENT:g}; they must make 100")
    return weights


def _weight(name: str, percentage: Any) -> int:
    if isinstance(percentage, int | float) and not isinstance(percentage, bool) and 0 <= percentage <= 100:  # noqa: PLR2004 -- percent
        return round(percentage * _WEIGHT_OF_A_PERCENT)
    raise ValueError(f"{name!r} needs a percentage from 0 to 100, not {percentage!r}")
