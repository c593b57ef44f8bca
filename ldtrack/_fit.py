"""Whether the options of `@tracked` fit the function, and one another: every message says the fix."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable
from typing import Any, Literal, TypeAlias

from ldai import AIAgentConfig, AICompletionConfig, AIJudgeConfig, ManagedAgent, ManagedModel
from ldai.models import AIAgentConfigDefault, AICompletionConfigDefault, AIConfigDefault, AIJudgeConfigDefault

from ldtrack._registration import check_extractor, check_factory, takes
from ldtrack._registry import find_for_annotation
from ldtrack._signature import INJECT, POSITIONAL, Parameter, Signature, read_signature
from ldtrack._tiers import is_stream_annotation, results_in

Mode: TypeAlias = Literal["completion", "agent", "judge"]

MODES: tuple[Mode, ...] = ("completion", "agent", "judge")
_CONFIGS: dict[Mode, type] = {"completion": AICompletionConfig, "agent": AIAgentConfig, "judge": AIJudgeConfig}
_DEFAULTS: dict[Mode, type] = {
    "completion": AICompletionConfigDefault,
    "agent": AIAgentConfigDefault,
    "judge": AIJudgeConfigDefault,
}
_MODE_OF: dict[type, Mode] = {
    **{kind: mode for mode, kind in _CONFIGS.items()},
    ManagedModel: "completion",
    ManagedAgent: "agent",
}
_NO_STREAMS = (str, bytes, int, float, bool, dict, list, tuple, type(None))


def choose_mode(signature: Signature, mode: Mode | None, default: Any) -> Mode:
    """The kind of config that a function's calls evaluate.

    Raises:
        TypeError: The parameters, `mode=` and `default=` speak of different kinds.
    """
    asking: dict[Mode, Parameter] = {
        _MODE_OF[parameter.kind]: parameter for parameter in signature.injected if parameter.kind in _MODE_OF
    }
    if len(asking) > 1:
        first, second = list(asking.values())[:2]
        msg = f"a call has one config: leave out {_described(first)} or {_described(second)}"
        raise TypeError(msg)
    for asked, parameter in asking.items():
        if mode not in (None, asked):
            msg = f"mode={mode!r} does not fit {_described(parameter)}: leave out mode=, or write mode={asked!r}"
            raise TypeError(msg)
        mode = asked
    chosen: Mode = mode or "completion"
    _check_default(default, chosen)
    return chosen


def context_parameter(signature: Signature, option: Any) -> Parameter | None:
    """The parameter that carries the LaunchDarkly context.

    Raises:
        ValueError: There are several, and nothing says which.
    """
    if option is None and len(signature.contexts) > 1:
        names = ", ".join(repr(parameter.name) for parameter in signature.contexts)
        msg = (
            f"the parameters {names} are all annotated Context: name the one to evaluate for, "
            f"as in @tracked(..., context=lambda {signature.contexts[0].name}: {signature.contexts[0].name})"
        )
        raise ValueError(msg)
    return signature.contexts[0] if signature.contexts else None


def check_fallback(fallback: Callable[..., Any] | None, signature: Signature) -> None:
    """Refuse a fallback that cannot stand for the function.

    Raises:
        TypeError: It is of another shape, or takes other arguments.
    """
    if fallback is None:
        return
    own = read_signature(fallback)
    if own.shape != signature.shape:
        msg = f"fallback= is {own.shape}, and the function {signature.shape}: both have to be of one shape"
        raise TypeError(msg)
    needed = [parameter for parameter in own.injected if _is_needed(fallback, parameter.name)]
    if needed:
        msg = f"fallback= gets the caller's own arguments, as there is no run to fill in {_described(needed[0])}"
        raise TypeError(msg)
    # The second is for callers who always pass what would be filled in.
    if not accepts(fallback, signature.visible) and not accepts(fallback, signature.whole):
        msg = (
            f"fallback= takes {_shown(inspect.signature(fallback))}: "
            f"let it take what the function does, {_shown(signature.visible)}"
        )
        raise TypeError(msg)


def check_selector(name: str, function: Callable[..., Any], signature: Signature) -> None:
    """Refuse a function of the call's arguments that cannot be called with them.

    Raises:
        TypeError: It takes other arguments.
    """
    if not accepts(function, signature.visible):
        msg = (
            f"{name}= is called with the arguments of the function, {_shown(signature.visible)}, and takes "
            f"{_shown(inspect.signature(function))}: name its parameters after the function's, or take all of them"
        )
        raise TypeError(msg)


def check_extractor_option(extractor: Any, signature: Signature) -> None:
    """Refuse an extractor that can read nothing of what the function gives.

    Raises:
        TypeError: It is for the other kind of result, or takes other arguments.
    """
    if extractor is None:
        return
    results = results_in(signature.returns)
    if "generator" in signature.shape or any(map(is_stream_annotation, results)):
        check_chunk_extractor(extractor)
    elif all(map(_is_no_stream, results)) or not makes_extractors(extractor):
        check_extractor(extractor)


def check_chunk_extractor(extractor: Any) -> None:
    """Refuse what reads no chunks: neither a factory of stream extractors, nor a function of a chunk.

    Raises:
        TypeError: It is neither.
    """
    if makes_extractors(extractor):
        check_factory(extractor)
    else:
        check_extractor(extractor)


def makes_extractors(extractor: Any) -> bool:
    """Whether `extractor=` is a factory of stream extractors: a callable that needs no argument."""
    return extractor is not None and takes(extractor, 0)


def response_reader(extractor: Any) -> Any:
    """What reads a whole response: not what can only make stream extractors."""
    makes_only = makes_extractors(extractor) and (hasattr(extractor, "feed") or not takes(extractor, 1))
    return None if makes_only else extractor


def accepts(function: Callable[..., Any], called: inspect.Signature) -> bool:
    """Whether a function can be called as another one is: with all arguments, and with the required ones only."""
    parameters = list(called.parameters.values())
    required = [parameter for parameter in parameters if parameter.default is parameter.empty]
    try:
        own = inspect.signature(function)
    except ValueError:  # some built-in functions hide theirs
        return True
    return _binds(own, parameters) and _binds(own, required)


def _binds(own: inspect.Signature, parameters: Iterable[inspect.Parameter]) -> bool:
    positional = [parameter for parameter in parameters if parameter.kind in POSITIONAL]
    by_name = [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
    try:
        own.bind(*positional, **dict.fromkeys(by_name))
    except TypeError:
        return False
    return True


def _is_needed(function: Callable[..., Any], name: str) -> bool:
    default: object = inspect.signature(function).parameters[name].default
    return default is inspect.Parameter.empty or default is INJECT


def _check_default(default: Any, mode: Mode) -> None:
    expected = _DEFAULTS[mode]
    if default is None or isinstance(default, expected):
        return
    if isinstance(default, AIConfigDefault):
        msg = f"default= of an {mode} config is an {expected.__name__}(...), not an {type(default).__name__}: "
        msg += "pass that, or say with mode= what the function takes"
    else:
        msg = f"default= is an {expected.__name__}(...), not {default!r}"
    raise TypeError(msg)


def _is_no_stream(kind: Any) -> bool:
    return (typing.get_origin(kind) or kind) in _NO_STREAMS or find_for_annotation(kind) is not None


def _described(parameter: Parameter) -> str:
    return f"the parameter {parameter.name!r}, a {parameter.kind.__name__}"


def _shown(signature: inspect.Signature) -> str:
    """The parameters without their annotations, and without the values of defaults, which may be a partial's."""
    parameters = [
        parameter.replace(
            annotation=parameter.empty, default=parameter.default if parameter.default is parameter.empty else _DOTS
        )
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(parameters))


class _Dots:
    def __repr__(self) -> str:
        return "..."


_DOTS = _Dots()
