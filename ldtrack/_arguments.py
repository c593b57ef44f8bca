"""A call's arguments: by name, as template variables, and with the injected ones put in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ldtrack._signature import Injected, Signature

Args: TypeAlias = tuple[Any, ...]
Kwargs: TypeAlias = dict[str, Any]

_SCALARS = (str, int, float)
_USUAL_SCALARS = frozenset((str, int, float, bool))


class Arguments:
    """Reads the arguments of one function's calls."""

    __slots__ = ("_defaults", "_injected", "_names", "_scalar_defaults")

    def __init__(self, signature: Signature) -> None:
        self._names = signature.names
        self._defaults = signature.defaults
        self._scalar_defaults = {name: value for name, value in signature.defaults.items() if _is_scalar(value)}
        self._injected = signature.injected

    def by_name(self, args: Args, kwargs: Kwargs) -> dict[str, Any]:
        """The caller's own arguments by name, defaults applied."""
        return {**self._defaults, **dict(zip(self._names, args)), **kwargs}

    def scalars(self, args: Args, kwargs: Kwargs) -> dict[str, Any]:
        """The arguments that can be template variables: strings, numbers and truth values."""
        values = self._scalar_defaults.copy()
        for name, value in zip(self._names, args):
            if type(value) in _USUAL_SCALARS or _is_scalar(value):
                values[name] = value
        for name, value in kwargs.items():
            if type(value) in _USUAL_SCALARS or _is_scalar(value):
                values[name] = value
        return values

    def take_out(self, args: Args, kwargs: Kwargs) -> tuple[Args, Kwargs, dict[str, Any]]:
        """Part the injected parameters that the caller passed himself from his other arguments."""
        passed: dict[str, Any] = {}
        for parameter in self._injected:
            if parameter.name in kwargs:
                passed[parameter.name] = kwargs[parameter.name]
            elif _is_passed(parameter, args):
                place = parameter.visible_index or 0
                passed[parameter.name] = args[place]
                args = (*args[:place], *args[place + 1 :])
        own = {name: value for name, value in kwargs.items() if name not in passed} if passed else kwargs
        return args, own, passed

    def put_in(self, args: Args, kwargs: Kwargs, values: Mapping[str, Any]) -> tuple[Args, Kwargs]:
        """Add the injected values to the caller's own arguments."""
        kwargs = dict(kwargs)
        for parameter in self._injected:
            if parameter.index is not None and parameter.index <= len(args):
                args = (*args[: parameter.index], values[parameter.name], *args[parameter.index :])
            else:
                kwargs[parameter.name] = values[parameter.name]
        return args, kwargs


def _is_scalar(value: object) -> bool:
    """Whether a value is a string or a number; not `isinstance`, which asks a lazy proxy for its class."""
    return issubclass(type(value), _SCALARS)


def _is_passed(parameter: Injected, args: Args) -> bool:
    place = parameter.visible_index
    return place is not None and place < len(args) and isinstance(args[place], parameter.kind)


class Selector:
    """A user's function of the call's arguments, for `context=` and `variables=`.

    A function whose parameters all bear names of the decorated function's is called by name; any other as the
    decorated function was called.
    """

    __slots__ = ("_arguments", "_function", "_names")

    def __init__(self, function: Callable[..., Any], signature: Signature, arguments: Arguments) -> None:
        self._function = function
        self._arguments = arguments
        self._names = _shared_names(function, signature)

    def __call__(self, args: Args, kwargs: Kwargs) -> Any:
        if self._names is None:
            return self._function(*args, **kwargs)
        values = self._arguments.by_name(args, kwargs)
        return self._function(**{name: values[name] for name in self._names if name in values})


class Variables:
    """What `variables=` says, call by call."""

    __slots__ = ("_option",)

    def __init__(self, option: Mapping[str, Any] | Selector) -> None:
        self._option = option

    def __call__(self, args: Args, kwargs: Kwargs) -> dict[str, Any]:
        return dict(self._option(args, kwargs) if isinstance(self._option, Selector) else self._option)


def _shared_names(function: Callable[..., Any], signature: Signature) -> tuple[str, ...] | None:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return None
    by_name = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    own = signature.visible.parameters
    if all(parameter.kind in by_name and name in own for name, parameter in parameters.items()):
        return tuple(parameters)
    return None
