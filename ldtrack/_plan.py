"""What is decided about a function when it is decorated."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ldai.models import AIConfigDefault
from ldclient import Context

from ldtrack import _clients
from ldtrack._arguments import Args, Arguments, Kwargs, Selector, Variables
from ldtrack._checks import check_choice, check_config_key, check_context, check_ignore, check_variables
from ldtrack._settings import INTERRUPTED, NESTED
from ldtrack._signature import Injected, Parameter, Shape, Signature, read_signature, shape_of
from ldtrack._tiers import Tier, choose_tier

if TYPE_CHECKING:
    from ldtrack._clients import ClientSource
    from ldtrack._metrics import Extractor, StreamExtractorFactory
    from ldtrack._settings import Interrupted, Nested

Mode: TypeAlias = Literal["completion", "agent", "judge"]

_EVALUATIONS = {"completion": "completion_config", "agent": "agent_config", "judge": "judge_config"}


@dataclass(frozen=True)
class Options:
    """The options of one `@tracked`, as they were given."""

    extractor: Any = None
    context: Any = None
    default: Any = None
    variables: Any = None
    mode: Mode | None = None
    fallback: Callable[..., Any] | None = None
    client: ClientSource | None = None
    interrupted: Interrupted | None = None
    ignore: tuple[type[BaseException], ...] | None = None
    nested: Nested | None = None


@dataclass(frozen=True)
class Plan:
    """How the calls of one decorated function are tracked."""

    config_key: str
    site: str
    shape: Shape
    mode: Mode
    evaluation: str
    """The method of the SDK's client that evaluates a config of this mode."""
    tier: Tier
    arguments: Arguments
    injected: tuple[Injected, ...]
    context: Context | Selector | None
    context_parameter: Parameter | None
    variables: Mapping[str, Any] | Selector | None
    variables_of: Callable[[Args, Kwargs], dict[str, Any]]
    """What the config's message templates can refer to in a call: `variables`, or its scalar arguments."""
    default: Any
    fallback: Callable[..., Any] | None
    client: ClientSource | None
    extractor: Extractor | None
    """Reads a response; on a stream, called with each chunk."""
    stream_extractor: StreamExtractorFactory | None
    interrupted: Interrupted | None
    ignore: tuple[type[BaseException], ...] | None
    nested: Nested | None


def check_options(config_key: Any, options: Options) -> None:
    """Check what can be checked before there is a function.

    Raises:
        TypeError: A value of the wrong type.
        ValueError: An empty key, or a policy that does not exist.
    """
    check_config_key(config_key)
    if options.extractor is not None and not callable(options.extractor):
        msg = f"extractor= is a function of the response that returns LDAIMetrics, not {options.extractor!r}"
        raise TypeError(msg)
    if options.context is not None and not callable(options.context):
        check_context(options.context)
    check_variables(options.variables)
    if options.mode is not None:
        check_choice("mode", options.mode, tuple(_EVALUATIONS))
    if options.fallback is not None and not callable(options.fallback):
        msg = f"fallback= is a function with the signature of the decorated one, not {options.fallback!r}"
        raise TypeError(msg)
    _clients.check_source(options.client)
    if options.interrupted is not None:
        check_choice("interrupted", options.interrupted, INTERRUPTED)
    if options.nested is not None:
        check_choice("nested", options.nested, NESTED)
    if options.ignore is not None:
        check_ignore(options.ignore)


def make_plan(function: Callable[..., Any], config_key: str, options: Options) -> tuple[Plan, Signature]:
    """Decide how a function's calls are tracked.

    Raises:
        TypeError: The function or an option cannot be served; the message says why and what to do.
    """
    signature = read_signature(function)
    _check_fallback(options.fallback, signature.shape)
    factory = options.extractor if _makes_extractors(options.extractor) else None
    arguments = Arguments(signature)
    variables = _selected(options.variables, Mapping, signature, arguments)
    mode = _mode(signature, options)
    plan = Plan(
        config_key=config_key,
        site=site_of(function),
        shape=signature.shape,
        mode=mode,
        evaluation=_EVALUATIONS[mode],
        tier=choose_tier(signature, options.extractor),
        arguments=arguments,
        injected=signature.injected,
        context=_selected(options.context, Context, signature, arguments),
        context_parameter=signature.context,
        variables=variables,
        variables_of=arguments.scalars if variables is None else Variables(variables),
        default=_default(options.default),
        fallback=options.fallback,
        client=options.client,
        extractor=options.extractor,
        stream_extractor=factory,
        interrupted=options.interrupted,
        ignore=options.ignore,
        nested=options.nested,
    )
    return plan, signature


def inline_plan(config_key: str, extractor: Any) -> Plan:
    """The plan of a `track_stream` block."""
    factory = extractor if _makes_extractors(extractor) else None
    return replace(
        _block_plan(),
        config_key=config_key,
        site=f"track_stream of {config_key!r}",
        extractor=extractor,
        stream_extractor=factory,
    )


def site_of(function: Any) -> str:
    """The name of a call site, for messages."""
    while isinstance(function, functools.partial):
        function = function.func
    target: object = function
    named: Any = target if hasattr(target, "__qualname__") else type(target)
    return f"{named.__module__}.{named.__qualname__}"


def _selected(option: Any, plain: type, signature: Signature, arguments: Arguments) -> Any:
    return option if option is None or isinstance(option, plain) else Selector(option, signature, arguments)


def _default(default: Any) -> Any:
    if default is not None and not isinstance(default, AIConfigDefault):
        msg = f"default= is an AICompletionConfigDefault(...) (or its agent or judge twin), not {default!r}"
        raise TypeError(msg)
    return default


def _check_fallback(fallback: Callable[..., Any] | None, shape: Shape) -> None:
    if fallback is None:
        return
    own = shape_of(fallback)
    if own != shape:
        msg = f"fallback= has to be of the function's own shape: it is {own}, the function is {shape}"
        raise TypeError(msg)


def _mode(signature: Signature, options: Options) -> Mode:
    if options.mode is not None:
        return options.mode
    kinds = {parameter.kind.__name__ for parameter in signature.injected}
    if kinds & {"AIAgentConfig", "ManagedAgent"}:
        return "agent"
    return "judge" if "AIJudgeConfig" in kinds else "completion"


def _makes_extractors(extractor: Any) -> bool:
    """Whether `extractor=` is a factory of stream extractors: a callable that needs no argument."""
    if extractor is None:
        return False
    try:
        inspect.signature(extractor).bind()
    except (TypeError, ValueError):
        return False
    return True


@functools.cache
def _block_plan() -> Plan:
    def block() -> None: ...

    return make_plan(block, "track_stream", Options())[0]
