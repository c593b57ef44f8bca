"""Checks of options: every message names the slip and the cure."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from ldclient import Context


def check_choice(name: str, value: Any, choices: tuple[str, ...]) -> None:
    if value not in choices:
        msg = f"{name}={value!r} does not exist: choose one of {', '.join(map(repr, choices))}"
        raise ValueError(msg)


def check_ignore(value: Any) -> None:
    if not isinstance(value, tuple) or not all(map(_is_exception_class, cast("tuple[object, ...]", value))):
        msg = f"ignore= is a tuple of exception classes, such as ignore=(TimeoutError,), not {value!r}"
        raise TypeError(msg)


def _is_exception_class(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, BaseException)


def check_context(value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, Context):
        msg = f"context= is an ldclient.Context, such as Context.create('user-key'), not {type(value).__name__}"
        raise TypeError(msg)
    if not value.valid:
        msg = f"context= is not a valid LaunchDarkly context: {value.error}"
        raise ValueError(msg)


def check_config_key(value: Any, example: str) -> None:
    if not isinstance(value, str):
        given = "a function" if callable(value) else repr(value)
        msg = f"the key of an AI config comes first, a string, not {given}: write {example}"
        raise TypeError(msg)
    if not value.strip():
        msg = f"the AI config key is empty: write {example}"
        raise ValueError(msg)


def is_name(value: object) -> bool:
    """Whether a value is a string; what only passes for one, as a lazy proxy does, is not JSON."""
    return issubclass(type(value), str)


def check_tool_name(value: Any) -> None:
    if not is_name(value):
        msg = f"tool_call(name) takes the tool's name, a string, not {type(value).__name__}: pass call.function.name"
        raise TypeError(msg)


def check_positive(value: Any) -> None:
    if not isinstance(value, bool):
        msg = f"positive= is True (thumbs up) or False (thumbs down), not {type(value).__name__}"
        raise TypeError(msg)


def check_timeout(value: Any, name: str = "timeout") -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
        msg = f"{name} is a number of seconds, or None, not {value!r}"
        raise TypeError(msg)


def check_address(value: Any, name: str) -> None:
    """Raise `ValueError` for what is not the address of a server; a path is allowed, and the key of an SDK."""
    example = f"{name}=http://127.0.0.1:8484"
    if not isinstance(value, str):
        msg = f"{name} is the address that `ldtrack monitor` prints, such as {example}, not {type(value).__name__}"
        raise TypeError(msg)
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        is_address = False
    if not is_address:
        msg = f"{name}={value!r} is not an address: write {example}"
        raise ValueError(msg)


def check_variables(value: Any) -> None:
    if value is not None and not isinstance(value, Mapping) and not callable(value):
        msg = f"variables= is a mapping, or a function of the call's arguments that returns one, not {value!r}"
        raise TypeError(msg)


def check_estimate(function: Any) -> None:
    """Raise `TypeError` for what cannot estimate tokens."""
    if function is None:
        return
    try:
        inspect.signature(function).bind("model", "text")
    except ValueError:  # some functions written in C hide their signature
        return
    except TypeError as exc:
        msg = f"estimate_tokens= is a function of the model's name and a text that counts its tokens, not {function!r}"
        raise TypeError(msg) from exc
