"""Evaluating the config of a call, and what happens when it is off, missing or broken."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from ldai import LDAIClient
from ldclient import Context

from ldtrack import _clients, _settings
from ldtrack._errors import ConfigDisabledError, MissingContextError
from ldtrack._log import warn_once

if TYPE_CHECKING:
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
        TypeError: The function given as `context=` returned something else.
    """
    found: Context | None = None
    if plan.context is not None:
        found = _chosen(plan, args, kwargs)
    elif (parameter := plan.context_parameter) is not None:
        if parameter.index is not None and parameter.index < len(args):
            value = args[parameter.index]
        else:
            value = kwargs.get(parameter.name, parameter.default)
        found = value if isinstance(value, Context) else None
    if found is None:
        found = _surrounding(moment)
    if found is None:
        raise MissingContextError(plan.site)
    if not found.valid:
        warn_once("context", plan.site, "%s: the LaunchDarkly context is not valid: %s", plan.site, found.error)
    return found


def evaluate(client: LDAIClient, plan: Plan, context: Context, variables: dict[str, Any]) -> Any:
    """Ask the SDK for the config. Whatever a broken store or variation raises comes through."""
    return getattr(client, plan.evaluation)(plan.config_key, context, plan.default, variables)


def evaluate_carefully(client: LDAIClient, plan: Plan, context: Context, variables: dict[str, Any]) -> Any:
    """Evaluate once more with an event path that cannot fail; None where the config itself cannot be read."""
    try:
        return evaluate(_clients.careful(_clients.base_client(client)), plan, context, variables)
    except Exception:  # noqa: BLE001 -- the first failure was reported
        return None


def default_config(client: LDAIClient, plan: Plan, context: Context, variables: dict[str, Any]) -> Any:
    """The config that `default=` describes, built by the SDK, for when LaunchDarkly's own cannot be read."""
    return evaluate(only_defaults(client), plan, context, variables)


def only_defaults(client: LDAIClient) -> LDAIClient:
    """An AI client that finds no config, and so gives what the defaults describe."""
    stub: Any = _OnlyDefaults(_clients.base_client(client))
    return LDAIClient(stub)


def why_disabled(client: LDAIClient, config: Any, context: Context | None) -> str:
    """Tell a config that is switched off from one that was not there."""
    if was_served(config.create_tracker()):
        return "is switched off for this context: enable it in LaunchDarkly"
    if context is not None and not context.valid:
        return f"was not evaluated: pass a valid LaunchDarkly context (this one is not: {context.error})"
    if not _clients.base_client(client).is_initialized():
        return "was not found, as the LaunchDarkly client is not initialised: check the SDK key and the network"
    return "was not found: check its key, its environment, and that it serves a variation"


def disabled(plan: Plan, reason: str) -> ConfigDisabledError:
    """The error for a call whose config may not run."""
    return ConfigDisabledError(plan.config_key, reason)


def was_served(tracker: Any) -> bool:
    """Whether LaunchDarkly served the config of a tracker: a config that it did not has no variation."""
    token = tracker.resumption_token
    payload = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return bool(payload.get("variationKey"))


class _OnlyDefaults:
    """A client whose every flag is missing, so that the SDK builds what the default describes."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def variation(self, _key: str, _context: Context, default: Any) -> Any:
        return default

    def track(self, event: str, *args: Any) -> None:
        # Neither the evaluation nor the new AI client is news to LaunchDarkly.
        if not event.startswith(("$ld:ai:sdk:", "$ld:ai:usage:")):
            self._client.track(event, *args)


def _chosen(plan: Plan, args: Args, kwargs: Kwargs) -> Context:
    if isinstance(plan.context, Context):
        return plan.context
    chosen: Any = plan.context
    found = chosen(args, kwargs)
    if not isinstance(found, Context):
        msg = f"context= of {plan.site} returned {type(found).__name__}: return an ldclient.Context"
        raise TypeError(msg)
    return found


def _surrounding(moment: Moment) -> Context | None:
    run = moment.run
    if moment.context is not None:
        return moment.context
    if run is not None and run.around is not None:
        return run.around
    if _settings.current.context is not None:
        return _settings.current.context
    return None if run is None else run.context
