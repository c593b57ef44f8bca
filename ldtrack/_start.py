"""Starting a call: its context, its config, its guardrails, and the run that counts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ldtrack import _settings, _tracker
from ldtrack._evaluation import (
    client_for,
    default_config,
    disabled,
    evaluate,
    evaluate_carefully,
    find_context,
    template_variables,
    was_served,
    why_disabled,
)
from ldtrack._errors import MissingContextError
from ldtrack._faults import fault
from ldtrack._log import warn_once
from ldtrack._moment import Moment
from ldtrack._run import JoinedRun, Run
from ldtrack._switches import switches

if TYPE_CHECKING:
    from ldclient import Context
    from typing_extensions import Self

    from ldtrack._arguments import Args, Kwargs
    from ldtrack._plan import Plan
    from ldtrack._signature import Role


class Untracked:
    """Stands for the run of a call that is made without tracking."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        pass

    def returned(self, value: Any) -> Any:
        """Give the value back."""
        return value


UNTRACKED = Untracked()


def begin(
    plan: Plan, args: Args, kwargs: Kwargs, moment: Moment | None = None
) -> tuple[Run | Untracked | None, Args, Kwargs]:
    """Evaluate the config of a call, and give its run and the arguments to call the function with.

    The run is None where the fallback has to be called instead.

    Args:
        plan: The function's plan.
        args: The caller's positional arguments.
        kwargs: The caller's keyword arguments.
        moment: When the call was made, if that was not just now.

    Raises:
        ConfigDisabledError: The config may not run, and there is no fallback.
        MissingContextError: There is no LaunchDarkly context.
        ConfigurationError: There is no client.
    """
    moment = moment or Moment()
    if not plan.injected:
        return _evaluated(plan, args, kwargs, moment), args, kwargs
    own_args, own_kwargs, passed = plan.arguments.take_out(args, kwargs)
    brought = {parameter.role: passed.get(parameter.name) for parameter in plan.injected}
    if brought.get("config") is not None or brought.get("tracker") is not None:
        run: Run | Untracked | None = _brought(plan, brought, _context_if_any(plan, own_args, own_kwargs, moment), moment)
    else:
        run = _evaluated(plan, own_args, own_kwargs, moment)
    if run is None or isinstance(run, Untracked):
        return run, args, kwargs
    return run, *plan.arguments.put_in(own_args, own_kwargs, {**_injected(plan, run), **passed})


def joinable(plan: Plan, context: Context | None, parent: Run | None) -> Run | None:
    """The open run around a call that the call belongs to: same config, same LaunchDarkly context."""
    if parent is None or (plan.nested or _settings.current.nested) == "separate":
        return None
    run: Run | None = parent
    while run is not None:
        if run.is_open and run.config_key == plan.config_key and context in (None, run.context):
            return run
        run = run.parent
    return None


def track(plan: Plan, config: Any, context: Context | None, moment: Moment) -> Run:
    """The run of a call whose config is known."""
    host = joinable(plan, context, moment.run)
    if host is not None:
        if moment.muted:
            _tracker.tie_muted(config)
        return JoinedRun(plan, config, context, host, moment.run)
    return Run(plan, config, context, _tracker_of(plan, config, muted=moment.muted), moment.run)


def _evaluated(plan: Plan, args: Args, kwargs: Kwargs, moment: Moment) -> Run | Untracked | None:
    context = find_context(plan, args, kwargs, moment)
    client = client_for(plan)
    variables = template_variables(plan, args, kwargs)
    try:
        config = evaluate(client, plan, context, variables)
    except Exception as exc:  # noqa: BLE001 -- D3: a malformed variation or a broken store must not stop the app
        return _after_failure(plan, context, variables, moment, exc)
    if config.enabled:
        return track(plan, config, context, moment)
    if plan.fallback is not None:
        return None
    raise disabled(plan, why_disabled(client, config, context))


def _after_failure(
    plan: Plan, context: Context, variables: dict[str, Any], moment: Moment, exc: Exception
) -> Run | Untracked | None:
    message = "%s: AI config %r could not be evaluated"
    warn_once("evaluation", plan.site, message, plan.site, plan.config_key, exc=exc)
    if switches.strict:
        raise exc
    config = evaluate_carefully(client_for(plan), plan, context, variables)
    if config is not None and config.enabled:
        return track(plan, config, context, moment)
    if not plan.injected:
        return UNTRACKED
    if plan.default is not None:
        config = default_config(client_for(plan), plan, context, variables)
        if config.enabled:
            return track(plan, config, context, moment)
    if plan.fallback is not None:
        return None
    raise disabled(plan, "could not be evaluated") from exc


def _brought(plan: Plan, brought: dict[Role, Any], context: Context | None, moment: Moment) -> Run | None:
    """The run of a call whose caller brought a config or a tracker."""
    config, tracker = brought.get("config"), brought.get("tracker")
    if config is not None and not config.enabled:
        if plan.fallback is not None:
            return None
        raise disabled(plan, "is switched off in the config that was passed")
    if tracker is not None:
        return Run(plan, config, context, None if moment.muted else tracker, moment.run)
    return track(plan, config, context, moment)


def _context_if_any(plan: Plan, args: Args, kwargs: Kwargs, moment: Moment) -> Context | None:
    try:
        return find_context(plan, args, kwargs, moment)
    except MissingContextError:
        return None


def _tracker_of(plan: Plan, config: Any, *, muted: bool) -> Any:
    try:
        tracker = _tracker.fresh_tracker(config)
        muted = muted or (plan.default is not None and _is_dropped(plan, tracker))
        if muted:
            _tracker.tie_muted(config)
            _tracker.mute(tracker)
    except Exception as exc:  # noqa: BLE001 -- D3: without a tracker the call still runs
        fault("tracker", plan.site, exc)
        return None
    return tracker


def _is_dropped(plan: Plan, tracker: Any) -> bool:
    if was_served(tracker):
        return False
    message = "AI config %r was not found: its calls run on `default=` and are %s"
    drop = _settings.current.unserved == "drop"
    warn_once("unserved", plan.config_key, message, plan.config_key, "not counted" if drop else "counted as version 1")
    return drop


def _injected(plan: Plan, run: Run) -> dict[str, Any]:
    values: dict[Role, Any] = {"config": run.config, "tracker": run.tracker, "run": run}
    return {parameter.name: values[parameter.role] for parameter in plan.injected}
