"""One registration: what it reads, with what, and who made it; and what is wrong with a wrong one."""

from __future__ import annotations

import importlib.util
import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from ldai.providers.types import LDAIMetrics

from ldtrack._names import name_of

Kind: TypeAlias = Literal["response", "chunk", "stream", "manager", "exception"]

Key: TypeAlias = type[Any] | str | Callable[[Any], object]
"""A class, a dotted name such as "anthropic.types.Message", or a predicate for plain dicts."""

_NOT_PLAIN = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)

_SHARED = frozenset({"azure", "google"})

BUILT_IN = "built-in"
USER = "user"


@dataclass(frozen=True, repr=False)
class Registration:
    """What the registry knows of one type: the extractor, and where it comes from."""

    key: Key
    kind: Kind
    extractor: Callable[..., Any] | None
    """Reads a response or an exception, or a stream once it has ended; for a chunk, makes a stream extractor.

    None for a manager, and for a stream that tells nothing of itself.
    """
    source: str = USER
    """`"user"`, `"built-in"`, or the name of the entry point that registered it."""
    methods: tuple[str, ...] = ()
    """The methods, properties and attributes that give a stream's chunks, where it is no iterator itself."""

    @property
    def official(self) -> str | None:
        """The package of LaunchDarkly's that supplies the tokens where it is installed."""
        return getattr(self.extractor, "official", None)

    @property
    def tier(self) -> Literal[2, 3]:
        """2 where LaunchDarkly's own package for the provider is installed and used, else 3."""
        return 2 if self.official is not None and importlib.util.find_spec(self.official) is not None else 3

    @property
    def name(self) -> str:
        """The key as a dotted name."""
        return self.key if isinstance(self.key, str) else name_of(self.key)

    def __repr__(self) -> str:
        reader = "" if self.extractor is None else f" with {name_of(self.extractor)}"
        tokens = f", tokens from {self.official} if installed" if self.official else ""
        return f"<Registration {self.kind} {self.name}{reader} ({self.source}{tokens})>"


def package_of(name: str) -> str:
    """The top-level package of a dotted name; below names that many vendors' packages share, the second part too."""
    parts = name.split(".")
    return ".".join(parts[: 2 if parts[0] in _SHARED else 1])


def check_key(key: Any) -> None:
    """Refuse what cannot be a key.

    Raises:
        TypeError: Neither a class, nor a string, nor a function of one argument.
        ValueError: A string that is no dotted name.
    """
    if isinstance(key, str):
        _check_name(key)
    elif isinstance(key, types.UnionType) or typing.get_origin(key) is typing.Union:
        members = ", ".join(name_of(member) for member in typing.get_args(key) if member is not types.NoneType)
        msg = f"a union is no class: register each of its members, {members}"
        raise TypeError(msg)
    elif typing.get_origin(key) is not None:
        msg = f"{key!r} is no class: register {typing.get_origin(key)!r} or one of its parts"
        raise TypeError(msg)
    elif not isinstance(key, type):
        _check_predicate(key)
    elif _reads(key):
        example = "@register_stream_extractor(Chunk)"
        msg = f"{key.__qualname__} looks like an extractor: name what it reads first, as in {example}"
        raise TypeError(msg)


def check_extractor(extractor: Any) -> None:
    """Refuse what cannot read a response.

    Raises:
        TypeError: Not a plain function from a response to `LDAIMetrics`.
    """
    if inspect.isclass(extractor) and not issubclass(extractor, LDAIMetrics):
        streams = hasattr(extractor, "feed")
        hint = "use register_stream_extractor" if streams else "the key comes first, then a function of the response"
        msg = f"the class {extractor.__qualname__} is no extractor: {hint}"
        raise TypeError(msg)
    if hasattr(extractor, "feed"):
        msg = (
            f"an object of {type(extractor).__qualname__} is no extractor: give its class to register_stream_extractor"
        )
        raise TypeError(msg)
    swapped = "use register_stream_extractor for what makes stream extractors"
    _check_plain("an extractor", "takes the response and returns LDAIMetrics or None", extractor, 1, swapped)


def check_factory(factory: Any) -> None:
    """Refuse what cannot make stream extractors.

    Raises:
        TypeError: Not a class with `feed` and `result`, nor a function without arguments that returns such an object.
    """
    if isinstance(factory, type):
        missing = [name for name in ("feed", "result") if not hasattr(factory, name)]
        if missing:
            msg = f"{factory.__qualname__} is no stream extractor: it has no {' and no '.join(missing)} method"
            raise TypeError(msg)
    elif hasattr(factory, "feed"):
        msg = f"give the class {type(factory).__qualname__}, not an object: each stream needs an extractor of its own"
        raise TypeError(msg)
    swapped = "use register_extractor for a function of the whole response"
    _check_plain("a stream extractor's factory", "is called without arguments for each stream", factory, 0, swapped)


def _reads(cls: type[Any]) -> bool:
    return issubclass(cls, LDAIMetrics) or (hasattr(cls, "feed") and hasattr(cls, "result"))


def _check_name(key: str) -> None:
    if "." not in key:
        msg = f"{key!r} is no dotted name: write it with its package, as in 'anthropic.types.Message'"
        raise ValueError(msg)
    if not all(part.isidentifier() for part in key.split(".")):
        msg = f"{key!r} is no dotted name such as 'anthropic.types.Message'"
        raise ValueError(msg)


def _check_predicate(key: Any) -> None:
    if isinstance(key, (list, tuple, set, frozenset)):
        msg = "register one key at a time: decorators that register can stand above one another"
        raise TypeError(msg)
    if "LDAIMetrics" in str(getattr(key, "__annotations__", {}).get("return", "")):
        msg = f"{key.__qualname__} looks like an extractor: name its response first, as in @register_extractor(Reply)"
        raise TypeError(msg)
    _check_plain("a key", "is a class, a dotted name, or a predicate: a function of the response", key, 1)


def _check_plain(what: str, rule: str, function: Any, arguments: int, swapped: str = "") -> None:
    if not callable(function):
        msg = f"{what} {rule}, not {function!r}"
        raise TypeError(msg)
    if any(test(function) for test in _NOT_PLAIN):
        msg = f"{what} {rule}; {name_of(function)} has to be a plain function, neither async nor a generator"
        raise TypeError(msg)
    if not takes(function, arguments):
        msg = f"{what} {rule}; {name_of(function)} cannot be called with {arguments} argument{'s' * (arguments != 1)}"
        if swapped and takes(function, 1 - arguments):
            msg += f": {swapped}"
        raise TypeError(msg)


def takes(function: Any, arguments: int) -> bool:
    """Whether a function can be called with so many arguments."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions hide theirs
        return True
    try:
        signature.bind(*[None] * arguments)
    except TypeError:
        return False
    return True
