"""Evaluating the config of a call, and what happens when it is off, missing or broken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ldclient import Context

from ldtrack import _clients, _settings
from ldtrack._errors import ConfigDisabledError, MissingContextError
from ldtrack._log import warn_once
from ldtrack._substitute_clients import careful, only_defaults
from ldtrack._switches import switches
from ldtrack._tracker import fresh_tracker, payload_of
from ldtrack._whereabouts import whereabouts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from ldai import LDAIClient

    from ldtrack._arguments import Args, Kwargs
    from ldtrack._moment import Moment
    from ldtrack._plan import Plan


def client_for(plan: Plan) -> LDAIClient:
    """The AI client of a function's calls.

    Raises:
        ConfigurationError: There is none.
    """
    return _clients.ai_client(plan.client if plan.client is not None else _settings.current.client)


def find_context(plan: Plan, args: Args, kwargs: Kwargs, moment: Moment) -> Context:
    """The LaunchDarkly context of a call: option, argument, `use_context`, `configure`, the enclosing run's.

    Raises:
        MissingContextError: None of them.
        TypeError: The argument, or what the function given as `context=` returned, is something else.
    """
    found: Context | None = None
    if plan.context is not None:
        found = _chosen(plan, args, kwargs)
    elif (parameter := plan.context_parameter) is not None:
        if parameter.index is not None and parameter.index < len(args):
            value = args[parameter.index]
        else:
            value = kwargs.get(parameter.name, parameter.default)
        found = value if value is None or type(value) is Context else _passed(plan, value)
    if found is None:
        found = surrounding_context(moment)
    if found is None:
        raise MissingContextError(plan.site)
    if not found.valid:
        warn_once("context", plan.site, "%s: the LaunchDarkly context is not valid: %s", plan.site, found.error)
    return found


def surrounding_context(moment: Moment) -> Context | None:
    """The LaunchDarkly context around a call: `use_context`, `configure`, else that of a tracked call around."""
    run = moment.run
    if moment.context is not None:
        return moment.context
    if run is not None and run.around is not None:
        return run.around
    if _settings.current.context is not None:
        return _settings.current.context
    while run is not None and run.context is None:
        run = run.parent  # a block of `track_stream` has none of its own
    return None if run is None else run.context


def evaluate(client: LDAIClient, plan: Plan, context: Context, variables: dict[str, Any]) -> Any:
    """Ask the SDK for the config. Whatever a broken store or variation raises comes through."""
    return getattr(client, plan.evaluation)(plan.config_key, context, plan.default, variables)


def evaluate_carefully(client: LDAIClient, plan: Plan, context: Context, variables: dict[str, Any]) -> Any:
    """Evaluate once more with an event path that cannot fail; None where the config itself cannot be read."""
    try:
        return evaluate(careful(_clients.base_client(client)), plan, context, variables)
    except Exception:  # noqa: BLE001 -- the first failure was reported
        return None


def default_config(client: LDAIClient, plan: Plan, context: Context, variables: dict[str, Any]) -> Any:
    """The config that `default=` describes, built by the SDK, for when LaunchDarkly's own cannot be read."""
    return evaluate(only_defaults(_clients.base_client(client)), plan, context, variables)


class Refusal(NamedTuple):
    """Why a config may not run."""

    reason: str
    is_served: bool = True
    """Whether LaunchDarkly served it; a config that it did not may be a slip."""


def why_disabled(client: LDAIClient, config: Any, context: Context | None, default: Any) -> Refusal:
    """Tell a config that is switched off from one that was not there."""
    try:
        served = was_served(fresh_tracker(config))
    except Exception:  # noqa: BLE001 -- D3: a config of another make tells nothing
        served = True
    base = _clients.base_client(client)
    cures = whereabouts_of(base)
    if served:
        return Refusal(f"is switched off for this context: {cures.enable}")
    if context is not None and not context.valid:
        reason = f"was not evaluated: pass a valid LaunchDarkly context (this one is not: {context.error})"
    elif base.is_offline():
        reason = "was not found, as the LaunchDarkly client is offline: take `offline=True` out of its Config"
    elif not base.is_initialized():
        reason = f"was not found, as the LaunchDarkly client is not initialised: {cures.connect}"
    else:
        reason = f"was not found: {cures.find}"
    if default is not None:
        reason += " (its `default=` is off, too)"
    return Refusal(reason, is_served=False)


def instead(plan: Plan, refusal: Refusal, cause: Exception | None = None) -> Callable[..., Any]:
    """What to call instead of a function whose config may not run.

    Raises:
        ConfigDisabledError: There is no fallback.
    """
    if plan.fallback is None:
        raise ConfigDisabledError(plan.config_key, refusal.reason) from cause
    if not refusal.is_served:
        message = "AI config %r %s. Its calls go to `fallback=`"
        warn_once("unserved", plan.config_key, message, plan.config_key, refusal.reason)
    return plan.fallback


UNREADABLE = Refusal("could not be evaluated: check its variation in LaunchDarkly")


def report_failure(plan: Plan, exc: Exception) -> None:
    """Note that a config could not be evaluated: a malformed variation or a broken store must not stop the app.

    Raises:
        Exception: In strict mode, the failure itself.
    """
    message = "%s: AI config %r could not be evaluated"
    warn_once("evaluation", plan.site, message, plan.site, plan.config_key, exc=exc)
    if switches.strict:
        raise exc


def is_dropped(plan: Plan, tracker: Any) -> bool:
    """Whether a call that runs on `default=` is not counted; says once per key that LaunchDarkly served nothing."""
    if plan.default is None or was_served(tracker):
        return False
    message = "AI config %r was not found: its calls run on `default=` and are %s"
    drop = _settings.current.unserved == "drop"
    warn_once("unserved", plan.config_key, message, plan.config_key, "not counted" if drop else "counted as version 1")
    return drop


def was_served(tracker: Any) -> bool:
    """Whether LaunchDarkly served the config of a tracker: a config that it did not has no variation."""
    return bool(payload_of(tracker.resumption_token).get("variationKey"))


def _chosen(plan: Plan, args: Args, kwargs: Kwargs) -> Context:
    if isinstance(plan.context, Context):
        return plan.context
    chosen: Any = plan.context
    found = chosen(args, kwargs)
    if not isinstance(found, Context):
        msg = f"context= of {plan.site} returned {type(found).__name__}: return an ldclient.Context"
        raise TypeError(msg)
    return found


def _passed(plan: Plan, value: object) -> Context:
    """The context that an argument is; evaluating for anybody else would be worse than an error."""
    if isinstance(value, Context):  # a class of the user's, or a proxy
        return value
    name = "" if plan.context_parameter is None else plan.context_parameter.name
    msg = (
        f"the parameter {name!r} of {plan.site} is annotated Context, and got a {type(value).__name__}: pass an "
        "ldclient.Context or None; if it is for something else, say with context= whom to evaluate for"
    )
    raise TypeError(msg)
