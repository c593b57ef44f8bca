"""What is decided about a function when it is decorated."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ldclient import Context

from ldtrack import _clients
from ldtrack._arguments import Args, Arguments, Kwargs, Selector, Variables
from ldtrack._checks import check_choice, check_config_key, check_context, check_estimate, check_ignore, check_variables
from ldtrack._fit import (
    MODES,
    Mode,
    check_extractor_option,
    check_fallback,
    check_selector,
    choose_mode,
    context_parameter,
    makes_extractors,
    response_reader,
)
from ldtrack._log import warn_once
from ldtrack._names import name_of
from ldtrack._registration import check_factory
from ldtrack._registry import load_watching
from ldtrack._settings import INTERRUPTED, NESTED
from ldtrack._signature import Injected, Parameter, Shape, Signature, read_signature
from ldtrack._tiers import Tier, choose_tier

if TYPE_CHECKING:
    from ldtrack._clients import ClientSource
    from ldtrack._estimates import EstimateTokens
    from ldtrack._metrics import Extractor, StreamExtractorFactory
    from ldtrack._settings import Interrupted, Nested

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
    estimate_tokens: EstimateTokens | None = None


@dataclass(frozen=True, repr=False)
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
    """Reads a response; on a stream, called with each chunk. None where the option can only make stream extractors."""
    stream_extractor: StreamExtractorFactory | None
    interrupted: Interrupted | None
    ignore: tuple[type[BaseException], ...] | None
    nested: Nested | None
    estimate_tokens: EstimateTokens | None

    def __repr__(self) -> str:
        # The values of options and defaults, which a partial's arguments are among, are nobody's business.
        return f"<Plan of {self.site} for {self.config_key!r}>"


def check_options(config_key: Any, options: Options) -> None:
    """Check what can be checked before there is a function.

    Raises:
        TypeError: A value of the wrong type.
        ValueError: An empty key, or a policy that does not exist.
    """
    check_config_key(config_key, '@tracked("my-config-key")')
    if hasattr(options.extractor, "feed"):
        check_factory(options.extractor)
    if options.extractor is not None and not callable(options.extractor):
        msg = f"extractor= is a function of the response that returns LDAIMetrics, not {options.extractor!r}"
        raise TypeError(msg)
    if options.context is not None and not callable(options.context):
        check_context(options.context)
    check_variables(options.variables)
    if options.fallback is not None and not callable(options.fallback):
        msg = f"fallback= is a function with the signature of the decorated one, not {options.fallback!r}"
        raise TypeError(msg)
    _clients.check_source(options.client)
    policies = {"mode": MODES, "interrupted": INTERRUPTED, "nested": NESTED}
    for name, choices in policies.items():
        if getattr(options, name) is not None:
            check_choice(name, getattr(options, name), choices)
    if options.ignore is not None:
        check_ignore(options.ignore)
    check_estimate(options.estimate_tokens)


def make_plan(function: Callable[..., Any], config_key: str, options: Options) -> tuple[Plan, Signature]:
    """Decide how a function's calls are tracked.

    Raises:
        TypeError: The function or an option cannot be served; the message says why and what to do.
    """
    load_watching()
    site = name_of(function)
    signature = read_signature(function)
    tier = choose_tier(signature, options.extractor)
    check_extractor_option(options.extractor, signature)
    check_fallback(options.fallback, signature)
    mode = choose_mode(signature, options.mode, options.default)
    arguments = Arguments(signature)
    variables = _selected("variables", options.variables, Mapping, signature, arguments)
    context = _selected("context", options.context, Context, signature, arguments)
    parameter = context_parameter(signature, options.context)
    if context is None and parameter is None:
        _warn_unclear(site, signature)
    plan = Plan(
        config_key=config_key,
        site=site,
        shape=signature.shape,
        mode=mode,
        evaluation=_EVALUATIONS[mode],
        tier=tier,
        arguments=arguments,
        injected=signature.injected,
        context=context,
        context_parameter=parameter,
        variables=variables,
        variables_of=arguments.scalars if variables is None else Variables(variables, site),
        default=options.default,
        fallback=options.fallback,
        client=options.client,
        extractor=response_reader(options.extractor),
        stream_extractor=options.extractor if makes_extractors(options.extractor) else None,
        interrupted=options.interrupted,
        ignore=options.ignore,
        nested=options.nested,
        estimate_tokens=options.estimate_tokens,
    )
    return plan, signature


def inline_plan(config_key: str, extractor: Any, estimate_tokens: EstimateTokens | None = None) -> Plan:
    """The plan of a `track_stream` block."""
    return replace(
        _block_plan(),
        config_key=config_key,
        site=f"track_stream of {config_key!r}",
        extractor=response_reader(extractor),
        stream_extractor=extractor if makes_extractors(extractor) else None,
        estimate_tokens=estimate_tokens,
    )


def _selected(name: str, option: Any, plain: type, signature: Signature, arguments: Arguments) -> Any:
    if option is None or isinstance(option, plain):
        return option
    selector = Selector(option, signature, arguments)
    if not selector.by_name:
        check_selector(name, option, signature)
    return selector


def _warn_unclear(site: str, signature: Signature) -> None:
    for name in signature.unclear:
        message = (
            "%s: the annotation of %r cannot be resolved. If it is ldclient.Context, import it where that is not "
            "only for type checkers, or say with context= whom to evaluate for"
        )
        warn_once("annotation", site, message, site, name)


@functools.cache
def _block_plan() -> Plan:
    def block() -> None: ...

    return make_plan(block, "track_stream", Options())[0]
