"""AI configs as users write them, turned into the flag data that the SDK evaluates."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from ldtrack.local._files import read_file
from ldtrack.local._slips import known_keys, listed, mapping, within
from ldtrack.local._targeting import fallthrough, rules, targets
from ldtrack.local._variations import check_variation

Flag: TypeAlias = dict[str, Any]
"""A flag as LaunchDarkly sends it to SDKs, without its version."""

_TARGETING = ("rollout", "targets", "rules", "default")


def flags_of(configs: Mapping[str, Any] | str | os.PathLike[str], *, unchecked: bool) -> dict[str, Flag]:
    """Read all configs, from a file where a path is given."""
    if isinstance(configs, str | os.PathLike):
        with within(os.fspath(configs)):
            return _flags(read_file(configs), unchecked=unchecked)
    return _flags(configs, unchecked=unchecked)


def flag_of(key: str, config: Any, *, unchecked: bool) -> Flag:
    """Read one config: a single variation, or several with targeting; `unchecked` variations may hold anything."""
    if not key or not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # YAML has other keys
        raise ValueError(f"the key of an AI config is a string that is not empty, not {key!r}; put it in quotes")
    with within(f"AI config {key!r}"):
        return _flag(key, _several(mapping(config, "{'model': {'name': 'gpt-4o'}}")), unchecked=unchecked)


def _flags(configs: Any, *, unchecked: bool) -> dict[str, Flag]:
    with within("the configs"):
        by_key = mapping(configs, "{'support-chat': {'model': {'name': 'gpt-4o'}}}")
    return {key: flag_of(key, config, unchecked=unchecked) for key, config in by_key.items()}


def _several(config: Mapping[str, Any]) -> Mapping[str, Any]:
    if "variations" in config:
        known_keys(config, ("variations", *_TARGETING))
        return config
    stray = [key for key in _TARGETING if key in config]
    if stray:
        raise ValueError(f"{listed(stray)} needs 'variations', a mapping from a name to each variation")
    return {"variations": {"default": config}}


def _flag(key: str, several: Mapping[str, Any], *, unchecked: bool) -> Flag:
    variations = _variations(several["variations"], unchecked=unchecked)
    names = list(variations)
    return {
        "key": key,
        "salt": key,  # constant, so that a context gets the same variation in every process
        "on": True,
        "variations": list(variations.values()),
        "targets": targets(several, names),
        "rules": rules(several, names),
        "fallthrough": fallthrough(several, names),
    }


def _variations(given: Any, *, unchecked: bool) -> dict[str, Any]:
    with within("'variations'"):
        variations = mapping(given, "{'brief': {...}, 'thorough': {...}}")
        if not variations:
            raise ValueError("there are none; give at least one, as name: {'model': ...}")
    return {str(name): _variation(str(name), variation, unchecked=unchecked) for name, variation in variations.items()}


def _variation(name: str, given: Any, *, unchecked: bool) -> Any:
    with within(f"variation {name!r}"):
        variation = _json(given)
        if not unchecked:
            check_variation(variation)
    return _with_meta(name, variation)


def _with_meta(name: str, variation: Any) -> Any:
    if not isinstance(variation, dict):
        return variation
    given = cast("dict[str, Any]", variation)
    meta = given.get("_ldMeta", {})
    if isinstance(meta, dict):
        given["_ldMeta"] = {"enabled": True, "variationKey": name, "version": 1, **meta}
    return given


def _json(value: Any) -> Any:
    """Copy the value as LaunchDarkly would deliver it."""
    try:
        return json.loads(json.dumps(value, allow_nan=False, default=_plain))
    except (TypeError, ValueError) as exc:
        raise ValueError(f"holds what JSON cannot say ({exc}); put text in quotes") from exc


def _plain(value: Any) -> Any:
    """Make a dict of any other mapping, which `json` does not know."""
    if isinstance(value, Mapping):
        return dict(cast("Mapping[str, Any]", value))
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
