"""What a function's signature says: its shape, what ldtrack injects, which argument is the LaunchDarkly context."""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from ldai import AIAgentConfig, AICompletionConfig, AIJudgeConfig, ManagedAgent, ManagedAgentGraph, ManagedModel
from ldai.models import AIConfig
from ldai.tracker import LDAIConfigTracker
from ldclient import Context

from ldtrack._run import Run

Shape: TypeAlias = Literal["sync", "async", "generator", "async generator"]
Role: TypeAlias = Literal["config", "tracker", "run", "runner"]

ROLES: dict[type, Role] = {
    AIConfig: "config",
    AICompletionConfig: "config",
    AIAgentConfig: "config",
    AIJudgeConfig: "config",
    LDAIConfigTracker: "tracker",
    Run: "run",
    ManagedModel: "runner",
    ManagedAgent: "runner",
    ManagedAgentGraph: "runner",
}
_BY_NAME = {cls.__name__: cls for cls in (*ROLES, Context)}
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Inject:
    """The default of a parameter that ldtrack fills in."""

    def __repr__(self) -> str:
        return "inject()"


INJECT = Inject()


def inject() -> Any:
    """Stand as the default of a parameter that ldtrack fills in, so that type checkers let callers leave it out.

    Use it as `config: AICompletionConfig = inject()`.
    """
    return INJECT


@dataclass(frozen=True)
class Parameter:
    """Where a parameter stands: its name, and its position if it can be passed by one."""

    name: str
    index: int | None
    kind: type
    default: Any


@dataclass(frozen=True)
class Injected(Parameter):
    """A parameter that ldtrack fills in unless the caller does."""

    role: Role
    visible_index: int | None
    """Its position among the arguments of a caller who leaves out the injected ones."""


@dataclass(frozen=True)
class Signature:
    """A function as ldtrack sees it."""

    shape: Shape
    visible: inspect.Signature
    names: tuple[str, ...]
    """The caller's own positional parameters, in order."""
    defaults: dict[str, Any]
    injected: tuple[Injected, ...]
    context: Parameter | None
    returns: Any


def read_signature(function: Callable[..., Any]) -> Signature:
    """Read what ldtrack needs to know of a function.

    Raises:
        TypeError: A parameter has `inject()` as its default, and an annotation that ldtrack knows nothing of.
    """
    signature = _signature(function)
    kinds = {
        name: kind
        for name, parameter in signature.parameters.items()
        if (kind := _known_kind(parameter, function)) is not None
    }
    for name, parameter in signature.parameters.items():
        _check_inject(name, parameter, kinds.get(name))
    injected = tuple(_injected(signature, kinds))
    left_out = {parameter.name for parameter in injected}
    visible = [parameter for name, parameter in signature.parameters.items() if name not in left_out]
    context = [name for name, kind in kinds.items() if kind is Context]
    return Signature(
        shape=shape_of(function),
        visible=signature.replace(parameters=visible),
        names=tuple(parameter.name for parameter in visible if parameter.kind in _POSITIONAL),
        defaults={
            parameter.name: parameter.default for parameter in visible if parameter.default is not parameter.empty
        },
        injected=injected,
        context=_among(visible, context[0]) if context else None,
        returns=resolve(signature.return_annotation, function),
    )


def shape_of(function: Callable[..., Any]) -> Shape:
    """How Python calls the function."""
    if getattr(getattr(function, "__code__", None), "co_flags", 0) & inspect.CO_ITERABLE_COROUTINE:
        msg = "@tracked does not take functions made with @types.coroutine: write an `async def`"
        raise TypeError(msg)
    candidates = [function]
    if not inspect.isroutine(inspect.unwrap(function)) and not isinstance(function, functools.partial):
        candidates.append(type(function).__call__)
    for candidate in candidates:
        if inspect.isasyncgenfunction(candidate):
            return "async generator"
        if inspect.isgeneratorfunction(candidate):
            return "generator"
        if inspect.iscoroutinefunction(candidate):
            return "async"
    return "sync"


def resolve(annotation: Any, function: Callable[..., Any]) -> Any:
    """The meaning of an annotation; a string stays one when its names are not there (yet)."""
    if not isinstance(annotation, str):
        return annotation
    code = _code_owner(function)
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    names = {**getattr(code, "__globals__", {}), **_closure(code)}
    try:
        return typing.get_type_hints(holder, names)["it"]
    except Exception:  # noqa: BLE001 -- whatever the annotation's own code raises, it stays a string
        return annotation


def alternatives(annotation: Any) -> Iterator[Any]:
    """The members of a union, and of `Annotated`; of an unresolved string, the names in it."""
    origin = typing.get_origin(annotation)
    if isinstance(annotation, str):
        yield from (name.rpartition(".")[2] for name in re.findall(r"[A-Za-z_][\w.]*", annotation))
    elif origin is Annotated:
        yield from alternatives(typing.get_args(annotation)[0])
    elif origin is typing.Union or isinstance(annotation, types.UnionType):
        for member in typing.get_args(annotation):
            yield from alternatives(member)
    else:
        yield annotation


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except ValueError:  # some functions written in C tell nothing
        any_arguments = [
            inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL),
            inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD),
        ]
        return inspect.Signature(any_arguments)


def _known_kind(parameter: inspect.Parameter, function: Callable[..., Any]) -> type | None:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return None
    for alternative in alternatives(resolve(parameter.annotation, function)):
        kind = _BY_NAME.get(alternative) if isinstance(alternative, str) else alternative
        if isinstance(kind, type) and (kind in ROLES or kind is Context):
            return kind
    return None


def _check_inject(name: str, parameter: inspect.Parameter, kind: type | None) -> None:
    if isinstance(parameter.default, Inject) and kind not in ROLES:
        known = ", ".join(cls.__name__ for cls in ROLES)
        msg = f"parameter {name!r} has inject() as its default: annotate it with one of {known}"
        raise TypeError(msg)


def _injected(signature: inspect.Signature, kinds: dict[str, type]) -> Iterator[Injected]:
    before = 0
    for index, (name, parameter) in enumerate(signature.parameters.items()):
        role = ROLES.get(kinds.get(name, object))
        if role is not None:
            place = index if parameter.kind in _POSITIONAL else None
            visible = None if place is None else place - before
            yield Injected(name=name, index=place, kind=kinds[name], default=INJECT, role=role, visible_index=visible)
            before += 1


def _among(visible: list[inspect.Parameter], name: str) -> Parameter:
    names = [parameter.name for parameter in visible if parameter.kind in _POSITIONAL]
    default = next(parameter.default for parameter in visible if parameter.name == name)
    return Parameter(name, names.index(name) if name in names else None, Context, default)


def _code_owner(function: Any) -> Any:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    function = getattr(function, "__func__", function)
    return (
        function
        if hasattr(function, "__globals__")
        else getattr(type(function).__call__, "__func__", type(function).__call__)
    )


def _closure(function: Any) -> dict[str, Any]:
    code, cells = getattr(function, "__code__", None), getattr(function, "__closure__", None)
    if code is None or cells is None:
        return {}
    names: dict[str, Any] = {}
    for name, cell in zip(code.co_freevars, cells):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # not filled yet: the function is being defined
            continue
    return names
