"""`@tracked`: checks the options, makes the plan, and picks the wrapper of the function's shape."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar, overload

from ldai.models import AIAgentConfigDefault, AICompletionConfigDefault, AIJudgeConfigDefault
from ldclient import Context
from typing_extensions import ParamSpec

from ldtrack._calls import async_wrapper, sync_wrapper
from ldtrack._clients import ClientSource
from ldtrack._estimates import EstimateTokens
from ldtrack._fit import Mode
from ldtrack._generator_functions import GeneratorFunction
from ldtrack._managed import managed_wrapper
from ldtrack._metrics import Extractor, StreamExtractorFactory
from ldtrack._names import name_of
from ldtrack._plan import Options, Plan, check_options, make_plan
from ldtrack._settings import Interrupted, Nested

Default: TypeAlias = AICompletionConfigDefault | AIAgentConfigDefault | AIJudgeConfigDefault

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound="Callable[..., Any] | staticmethod[..., Any] | classmethod[Any, ..., Any]")

_METHODS: tuple[type[Any], ...] = (staticmethod, classmethod)


class Decorator(Protocol):
    """Gives back what it decorates, with the same signature."""

    def __call__(self, function: F, /) -> F: ...


@overload
def tracked(
    config_key: str,
    *,
    extractor: Extractor | StreamExtractorFactory | None = ...,
    context: Context | Callable[..., Context] | None = ...,
    default: Default | None = ...,
    variables: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = ...,
    mode: Mode | None = ...,
    fallback: None = ...,
    client: ClientSource | None = ...,
    interrupted: Interrupted | None = ...,
    ignore: tuple[type[BaseException], ...] | None = ...,
    nested: Nested | None = ...,
    estimate_tokens: EstimateTokens | None = ...,
) -> Decorator: ...
@overload
def tracked(
    config_key: str,
    *,
    extractor: Extractor | StreamExtractorFactory | None = ...,
    context: Context | Callable[..., Context] | None = ...,
    default: Default | None = ...,
    variables: Mapping[str, Any] | Callable[..., Mapping[str, Any]] | None = ...,
    mode: Mode | None = ...,
    fallback: Callable[P, R],
    client: ClientSource | None = ...,
    interrupted: Interrupted | None = ...,
    ignore: tuple[type[BaseException], ...] | None = ...,
    nested: Nested | None = ...,
    estimate_tokens: EstimateTokens | None = ...,
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def tracked(
    config_key: Any = None,  # so that `tracked()` gets the text that says what to write
    *,
    extractor: Any = None,
    context: Any = None,
    default: Default | None = None,
    variables: Any = None,
    mode: Mode | None = None,
    fallback: Callable[..., Any] | None = None,
    client: ClientSource | None = None,
    interrupted: Interrupted | None = None,
    ignore: tuple[type[BaseException], ...] | None = None,
    nested: Nested | None = None,
    estimate_tokens: EstimateTokens | None = None,
) -> Any:
    """Track every call of a function as a generation of a LaunchDarkly AI config.

    Works for plain, async, generator and async generator functions, and for what they return. The call itself
    stays as it was: same arguments, same result, same exceptions.

    Args:
        config_key: The key of the AI config.
        extractor: Reads the response and returns `LDAIMetrics`. On a stream, called with each chunk, or a
            factory of stream extractors. Without it, the registry decides by the response's type.
        context: The LaunchDarkly context, or a function of the call's arguments that gives it.
        default: The config to use where LaunchDarkly serves none.
        variables: Values for the config's message templates, or a function of the call's arguments that gives
            them. Without it, the call's own strings and numbers, by their names.
        mode: "completion", "agent" or "judge"; without it, what an injected parameter's annotation says.
        fallback: Called instead of the function, with the same arguments, when the config may not run.
        client: Another LaunchDarkly client than the configured one.
        interrupted: How interrupted calls of this function count, see `configure`.
        ignore: Exceptions of this function that count as no outcome.
        nested: "separate" counts calls inside a run of the same config by themselves.
        estimate_tokens: Counts the tokens of a text, `(model, text) -> int`; asked for the output of streams that
            tell no tokens, in blocks of some thousand characters. What the model read is not estimated.

    Raises:
        TypeError: At decoration, for what cannot be decorated or an option of the wrong type.
        ValueError: At decoration, for an empty key or a policy that does not exist.
        ConfigDisabledError: At the call, when the config may not run and there is no fallback.
        MissingContextError: At the call, when there is no LaunchDarkly context.
        ConfigurationError: At the call, when there is no LaunchDarkly client.
    """
    options = Options(
        extractor, context, default, variables, mode, fallback, client, interrupted, ignore, nested, estimate_tokens
    )
    check_options(config_key, options)
    return functools.partial(decorate, config_key=config_key, options=options)


def decorate(function: Any, /, config_key: str, options: Options) -> Any:
    """Give the tracked form of a function."""
    if isinstance(function, _METHODS):
        return type(function)(decorate(function.__func__, config_key, options))
    if isinstance(function, type):
        msg = (
            f"@tracked decorates functions, not classes: put it on the methods of {function.__name__} that call a model"
        )
        raise TypeError(msg)
    if not callable(function):
        msg = f"@tracked decorates functions, not {type(function).__name__} objects"
        raise TypeError(msg)
    plan, signature = make_plan(function, config_key, options)
    wrapper = _wrapper(plan, function, options)
    functools.update_wrapper(wrapper, function)
    for name in ("__name__", "__qualname__"):
        if not hasattr(function, name):  # partial objects and callable objects have none
            setattr(wrapper, name, plan.site.rpartition(".")[2])
    wrapper.__signature__ = signature.visible
    wrapper.__ldtrack__ = plan
    return wrapper


def plan_of(function: Any) -> Plan:
    """The plan of a decorated function.

    Raises:
        TypeError: It is not decorated.
    """
    plan = getattr(function, "__ldtrack__", None)
    if not isinstance(plan, Plan):
        msg = f"{name_of(function)} is not decorated with @tracked"
        raise TypeError(msg)
    return plan


def _wrapper(plan: Plan, function: Callable[..., Any], options: Options) -> Any:
    if "generator" in plan.shape:
        return GeneratorFunction(plan, function, functools.partial(_again, function, plan.config_key, options))
    if any(parameter.role == "runner" for parameter in plan.injected):
        return managed_wrapper(plan, function)
    if plan.shape == "async":
        return async_wrapper(plan, function)
    return sync_wrapper(plan, function)


def _again(function: Any, config_key: str, options: Options) -> tuple[Any, tuple[Any, ...]]:
    return decorate, (function, config_key, options)
