"""The arguments of a call, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from ldclient import Context

from ldtrack._names import name_of
from ldtrack._signature import Signature, read_signature
from ldtrack.local._slips import meant

USER = Context.create("ldtrack-verify")


def bound(
    function: Callable[..., Any], given: Iterable[str], address_argument: str | None = None
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Make arguments of texts: `NAME=VALUE` where there is such a parameter, else by position; JSON, else as it is.

    A parameter for the LaunchDarkly context that was not given gets one.

    Args:
        function: The one to be called.
        given: The texts.
        address_argument: A parameter that there has to be, whether it is given or not.

    Raises:
        TypeError: They do not fit the function.
    """
    signature = read_signature(function)
    _check_names(name_of(function), signature, address_argument)
    args, kwargs = _told_apart(given, [*signature.visible.parameters, *filter(None, [address_argument])])
    for name in _contexts_left_out(signature, args, kwargs):
        kwargs[name] = USER
    try:
        signature.visible.bind(*args, **kwargs)
    except TypeError as exc:
        raise TypeError(f"{exc}: give each with --arg VALUE or --arg NAME=VALUE") from None
    return tuple(args), kwargs


def _check_names(function: str, signature: Signature, address_argument: str | None) -> None:
    if signature.names[:1] == ("self",):
        raise TypeError(f"{function} is a method: name it on an object of its module, such as app:bot.answer")
    parameters = signature.visible.parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    if address_argument is not None and address_argument not in parameters and not takes_any:
        raise TypeError(f"{function} has no parameter {address_argument!r}{meant([address_argument], parameters)}")


def _told_apart(given: Iterable[str], names: list[str]) -> tuple[list[Any], dict[str, Any]]:
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        slip = meant([name], names) if equals else ""
        if equals and name in names:
            kwargs[name] = _value(value)
        elif slip:
            raise TypeError(f"there is no parameter {name!r}{slip} (a text is given in quotes: '\"{text}\"')")
        else:
            args.append(_value(text))
    return args, kwargs


def _contexts_left_out(signature: Signature, args: list[Any], kwargs: dict[str, Any]) -> list[str]:
    by_position = signature.names[: len(args)]
    return [
        parameter.name
        for parameter in signature.contexts
        if parameter.name in signature.visible.parameters and parameter.name not in (*by_position, *kwargs)
    ]


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
