"""What a function's signature says: its shape, what ldtrack injects, which argument is the LaunchDarkly context."""

from __future__ import annotations

import functools
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from ldai import AIAgentConfig, AICompletionConfig, AIJudgeConfig, ManagedAgent, ManagedAgentGraph, ManagedModel
from ldai.models import AIConfig
from ldai.tracker import LDAIConfigTracker
from ldclient import Context

from ldtrack._names import code_owner
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
_REST = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Inject:
    """The default of a parameter that ldtrack fills in."""

    def __getattr__(self, name: str) -> Any:
        """Say what is missing where a function with such a default is called undecorated."""
        msg = f"inject() was not filled in, so it has no {name!r}: decorate the function with @tracked, or pass a value"
        raise AttributeError(msg)

    def __repr__(self) -> str:
        return "inject()"

    def __reduce__(self) -> str:
        """Stay the one that signatures are compared with, in another process too."""
        return "INJECT"


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
    only_by_position: bool


@dataclass(frozen=True)
class Signature:
    """A function as ldtrack sees it."""

    shape: Shape
    whole: inspect.Signature
    visible: inspect.Signature
    """Without what is filled in."""
    names: tuple[str, ...]
    """The caller's own positional parameters, in order."""
    places: tuple[str, ...]
    """All positional parameters, in order."""
    defaults: dict[str, Any]
    injected: tuple[Injected, ...]
    contexts: tuple[Parameter, ...]
    """Those that carry a LaunchDarkly context."""
    unclear: tuple[str, ...]
    """Those whose annotation names a context of some kind, and cannot be resolved."""
    returns: Any


def read_signature(function: Callable[..., Any]) -> Signature:
    """Read what ldtrack needs to know of a function.

    Raises:
        TypeError: A parameter has `inject()` as its default, and an annotation that ldtrack knows nothing of; or a
            partial binds by position what ldtrack fills in.
    """
    signature = _signature(function)
    meanings = {name: _meaning(parameter, function) for name, parameter in signature.parameters.items()}
    kinds = {name: kind for name, meaning in meanings.items() if (kind := _known_kind(meaning)) is not None}
    for name, parameter in signature.parameters.items():
        _check_inject(name, parameter, kinds.get(name))
    injected = tuple(_injected(signature, kinds, getattr(function, "keywords", {})))
    left_out = {parameter.name for parameter in injected}
    visible = [parameter for name, parameter in signature.parameters.items() if name not in left_out]
    return Signature(
        shape=shape_of(function),
        whole=signature,
        visible=signature.replace(parameters=visible),
        names=_positional(visible),
        places=_positional(signature.parameters.values()),
        defaults={
            parameter.name: parameter.default for parameter in visible if parameter.default is not parameter.empty
        },
        injected=injected,
        contexts=(*_bound_contexts(function), *_contexts(visible, kinds)),
        unclear=tuple(name for name, meaning in meanings.items() if name not in kinds and _names_context(meaning)),
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
    code = code_owner(function)
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


def _meaning(parameter: inspect.Parameter, function: Callable[..., Any]) -> Any:
    return None if parameter.kind in _REST else resolve(parameter.annotation, function)


def _known_kind(meaning: Any) -> type | None:
    for alternative in alternatives(meaning):
        kind = _BY_NAME.get(alternative) if isinstance(alternative, str) else alternative
        if isinstance(kind, type) and (kind in ROLES or kind is Context):
            return kind
    return None


def _names_context(meaning: Any) -> bool:
    return isinstance(meaning, str) and any(name.endswith("Context") for name in alternatives(meaning))


def _check_inject(name: str, parameter: inspect.Parameter, kind: type | None) -> None:
    if parameter.default is INJECT and kind not in ROLES:
        known = ", ".join(cls.__name__ for cls in ROLES)
        msg = f"parameter {name!r} has inject() as its default: annotate it with one of {known}"
        raise TypeError(msg)


def _injected(signature: inspect.Signature, kinds: dict[str, type], bound: dict[str, Any]) -> Iterator[Injected]:
    before = 0
    for index, (name, parameter) in enumerate(signature.parameters.items()):
        role = ROLES.get(kinds.get(name, object))
        if role is not None:
            place = index if parameter.kind in POSITIONAL else None
            yield Injected(
                name=name,
                index=place,
                kind=kinds[name],
                default=bound.get(name, INJECT),
                role=role,
                visible_index=None if place is None else place - before,
                only_by_position=parameter.kind is parameter.POSITIONAL_ONLY,
            )
            before += 1


def _positional(parameters: Iterable[inspect.Parameter]) -> tuple[str, ...]:
    return tuple(parameter.name for parameter in parameters if parameter.kind in POSITIONAL)


def _contexts(visible: list[inspect.Parameter], kinds: dict[str, type]) -> Iterator[Parameter]:
    places = _positional(visible)
    for parameter in visible:
        if parameter.name in kinds:
            place = places.index(parameter.name) if parameter.name in places else None
            default = None if parameter.default is parameter.empty else parameter.default
            yield Parameter(parameter.name, place, Context, default)


def _bound_contexts(function: Any) -> Iterator[Parameter]:
    """The LaunchDarkly contexts that a partial binds by position: its signature does not show them."""
    if not isinstance(function, functools.partial):
        return
    parameters = [p for p in _signature(function.func).parameters.values() if p.kind in POSITIONAL]
    for parameter, value in zip(parameters, function.args):
        kind = _known_kind(_meaning(parameter, function.func))
        if kind in ROLES:
            msg = f"the partial binds {parameter.name!r} by position: bind it by its name, {parameter.name}=..."
            raise TypeError(msg)
        if kind is not None:
            yield Parameter(parameter.name, None, Context, value)


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
