"""A call's arguments: by name, as template variables, and with the injected ones put in."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from ldclient import Context

from ldtrack._signature import INJECT

if TYPE_CHECKING:
    from ldtrack._signature import Injected, Signature

Args: TypeAlias = tuple[Any, ...]
Kwargs: TypeAlias = dict[str, Any]

_SCALARS = (str, int, float)
_USUAL_SCALARS = frozenset((str, int, float, bool))


class Arguments:
    """Reads the arguments of one function's calls."""

    __slots__ = ("_defaults", "_injected", "_most", "_names", "_places", "_scalar_defaults", "_visible")

    def __init__(self, signature: Signature) -> None:
        self._visible = signature.visible
        self._names = signature.names
        self._places = signature.places
        takes_more = any(p.kind is p.VAR_POSITIONAL for p in signature.visible.parameters.values())
        self._most = sys.maxsize if takes_more else len(signature.names)
        self._defaults = signature.defaults
        self._scalar_defaults = {name: value for name, value in signature.defaults.items() if _is_scalar(value)}
        self._injected = signature.injected

    def by_name(self, args: Args, kwargs: Kwargs) -> dict[str, Any]:
        """The caller's own arguments by name, defaults applied."""
        return {**self._defaults, **dict(zip(self._names, args)), **kwargs}

    def scalars(self, args: Args, kwargs: Kwargs) -> dict[str, Any]:
        """The arguments that can be template variables: strings, numbers and truth values."""
        values = self._scalar_defaults.copy()
        kind: type[Any]
        for name, value in zip(self._names, args):
            kind = type(value)  # pyright: ignore[reportUnknownVariableType] -- any class
            if kind in _USUAL_SCALARS or (kind is not Context and _is_scalar(value)):
                values[name] = value
        for name, value in kwargs.items():
            kind = type(value)  # pyright: ignore[reportUnknownVariableType] -- any class
            if kind in _USUAL_SCALARS or (kind is not Context and _is_scalar(value)):
                values[name] = value
        return values

    def take_out(self, args: Args, kwargs: Kwargs) -> tuple[Args, Kwargs, dict[str, Any]]:
        """Part the injected parameters that the caller passed himself from his other arguments."""
        passed: dict[str, Any] = {}
        for parameter in self._injected:
            if parameter.name in kwargs:
                passed[parameter.name] = kwargs[parameter.name]
            elif self._is_passed(parameter, args):
                place = parameter.visible_index or 0
                passed[parameter.name] = args[place]
                args = (*args[:place], *args[place + 1 :])
            elif parameter.default is not INJECT:  # a partial bound it
                passed[parameter.name] = parameter.default
        own = {name: value for name, value in kwargs.items() if name not in passed} if passed else kwargs
        return args, own, passed

    def put_in(self, args: Args, kwargs: Kwargs, values: Mapping[str, Any]) -> tuple[Args, Kwargs]:
        """Add the injected values to the caller's own arguments."""
        kwargs = dict(kwargs)
        for parameter in self._injected:
            place = parameter.index
            if parameter.only_by_position:
                args = self._up_to(place or 0, args)
            if place is not None and place <= len(args):
                args = (*args[:place], values[parameter.name], *args[place:])
            else:
                kwargs[parameter.name] = values[parameter.name]
        return args, kwargs

    def fit(self, args: Args, kwargs: Kwargs) -> bool:
        """Whether the function can be called with these arguments."""
        args, kwargs, _ = self.take_out(args, kwargs)
        try:
            self._visible.bind(*args, **kwargs)
        except TypeError:
            return False
        return True

    def _is_passed(self, parameter: Injected, args: Args) -> bool:
        """Whether a positional argument is meant for an injected parameter: by its class, or as one too many."""
        place = parameter.visible_index
        if place is None or place >= len(args):
            return False
        return issubclass(type(args[place]), parameter.kind) or len(args) > self._most

    def _up_to(self, place: int, args: Args) -> Args:
        """The arguments with the defaults of those left out, as far as there are any."""
        for name in self._places[len(args) : place]:
            if name in self._defaults:
                args = (*args, self._defaults[name])
        return args


def _is_scalar(value: object) -> bool:
    """Whether a value is a string or a number; not `isinstance`, which asks a lazy proxy for its class."""
    return issubclass(type(value), _SCALARS)


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

    @property
    def by_name(self) -> bool:
        """Whether it takes only arguments that it names."""
        return self._names is not None

    def __call__(self, args: Args, kwargs: Kwargs) -> Any:
        if self._names is None:
            return self._function(*args, **kwargs)
        values = self._arguments.by_name(args, kwargs)
        return self._function(**{name: values[name] for name in self._names if name in values})


class Variables:
    """What `variables=` says, call by call."""

    __slots__ = ("_option", "_site")

    def __init__(self, option: Mapping[str, Any] | Selector, site: str) -> None:
        self._option = option
        self._site = site

    def __call__(self, args: Args, kwargs: Kwargs) -> dict[str, Any]:
        values: object = self._option(args, kwargs) if isinstance(self._option, Selector) else self._option
        if not isinstance(values, Mapping):
            msg = f"variables= of {self._site} returned {type(values).__name__}: return a mapping of names to values"
            raise TypeError(msg)
        return {**values}


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
