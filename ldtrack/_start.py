"""Starting a call: its context, its config, its guardrails, and the run that counts it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ldtrack import _clients, _settings, _tracker
from ldtrack._errors import MissingContextError
from ldtrack._evaluation import (
    UNREADABLE,
    Refusal,
    client_for,
    default_config,
    evaluate_carefully,
    find_context,
    instead,
    is_dropped,
    report_failure,
    why_disabled,
)
from ldtrack._faults import fault
from ldtrack._moment import Moment, now
from ldtrack._muting import mute
from ldtrack._run import Run, current_run

if TYPE_CHECKING:
    from typing import TypeAlias

    from ldclient import Context

    from ldtrack._arguments import Args, Kwargs
    from ldtrack._plan import Plan
    from ldtrack._signature import Role

    Function: TypeAlias = Callable[..., Any]


_WRAPPERS = ("ldtrack._calls", __name__)


def begin(plan: Plan, function: Function, args: Args, kwargs: Kwargs, moment: Moment | None = None) -> Run | Function:
    """Evaluate the config of a call, and give its run; or what to call instead, untracked.

    That is the fallback, or the function as it is.

    Args:
        plan: The function's plan.
        function: The decorated function.
        args: The caller's positional arguments.
        kwargs: The caller's keyword arguments.
        moment: When the call was made, if that was not just now.

    Raises:
        ConfigDisabledError: The config may not run, and there is no fallback.
        MissingContextError: There is no LaunchDarkly context.
        ConfigurationError: There is no client.
    """
    moment = moment or now()
    if plan.injected:
        args, kwargs, passed = plan.arguments.take_out(args, kwargs)
        brought: dict[Role, Any] = {parameter.role: passed.get(parameter.name) for parameter in plan.injected}
        if brought.get("config") is not None or brought.get("tracker") is not None:
            return _brought(plan, brought, _context_if_any(plan, args, kwargs, moment), moment)
    context = find_context(plan, args, kwargs, moment)
    # `client_for`, spelt out: each call spared on the way of every call counts for I1.
    source = _settings.current.client if plan.client is None else plan.client
    made = _clients.ready.get(id(source))
    client = made[1] if made is not None else _clients.ai_client(source)
    variables = plan.variables_of(args, kwargs)
    try:
        config: Any = getattr(client, plan.evaluation)(plan.config_key, context, plan.default, variables)
    except Exception as exc:  # noqa: BLE001 -- D3: a malformed variation or a broken store must not stop the app
        return _after_failure(plan, function, context, variables, moment, exc)
    if config.enabled:
        return track(plan, config, context, moment)
    return instead(plan, why_disabled(client, config, context, plan.default))


def filled(plan: Plan, function: Function) -> Function:
    """The function as its callers call it: what they leave out is taken from the run that it is called in."""
    if not plan.injected:
        return function

    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs, passed = plan.arguments.take_out(args, kwargs)
        args, kwargs = plan.arguments.put_in(args, kwargs, {**injected(plan, current_run()), **passed})
        return function(*args, **kwargs)

    return call


def injected(plan: Plan, run: Run, runner: Any = None) -> dict[str, Any]:
    """The values of the injected parameters; of the run's parts, only those that are asked for are made."""
    return {parameter.name: _injected(parameter.role, run, runner) for parameter in plan.injected}


def forget_if_never_called(run: Run, exc: TypeError, args: Args, kwargs: Kwargs) -> None:
    """Record nothing of a call whose arguments do not fit the function: it never ran."""
    traceback = exc.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    # Raised by the function's own code, it has a frame of that; the arguments need no look.
    deepest = None if traceback is None else traceback.tb_frame.f_globals.get("__name__", "")
    if deepest in _WRAPPERS and not run.plan.arguments.fit(args, kwargs):
        run.forget()


def joinable(plan: Plan, context: Context | None, parent: Run | None) -> Run | None:
    """The open run around a call that the call belongs to: same config, same LaunchDarkly context."""
    if parent is None or (plan.nested or _settings.current.nested) == "separate":
        return None
    run: Run | None = parent
    while run is not None:
        same = run.config_key == plan.config_key and run.is_open and context in (None, run.context)
        if same and (run.plan.client is plan.client or _is_same_client(run.plan, plan)):
            return run
        run = run.parent
    return None


def track(plan: Plan, config: Any, context: Context | None, moment: Moment) -> Run:
    """The run of a call whose config is known."""
    parent = moment.run
    host = None if parent is None or moment.muted else joinable(plan, context, parent)
    if host is not None:
        return Run(plan, config, context, None, moment, host)
    muted = moment.muted
    try:
        factory = config.create_tracker
        tracker = _tracker.fresh_tracker(config) if isinstance(factory, _tracker.TrackerOfRun) else factory()
        if plan.default is not None and is_dropped(plan, tracker):
            muted = True
        if muted:
            mute(tracker)
    except Exception as exc:  # noqa: BLE001 -- D3: without a tracker the call still runs
        fault("tracker", plan.site, exc)
        tracker = None
    run = Run(plan, config, context, tracker, moment)
    run.muted = muted
    return run


def _after_failure(  # noqa: PLR0917 -- all that the call knew by then
    plan: Plan, function: Function, context: Context, variables: dict[str, Any], moment: Moment, exc: Exception
) -> Run | Function:
    report_failure(plan, exc)
    config = evaluate_carefully(client_for(plan), plan, context, variables)
    if config is not None and config.enabled:
        return track(plan, config, context, moment)
    if not plan.injected:
        return function
    if plan.default is not None:
        config = default_config(client_for(plan), plan, context, variables)
        if config.enabled:
            return track(plan, config, context, moment)
    return instead(plan, UNREADABLE, exc)


def _brought(plan: Plan, brought: dict[Role, Any], context: Context | None, moment: Moment) -> Run | Function:
    """The run of a call whose caller brought a config or a tracker, or what to call instead."""
    config, tracker = brought.get("config"), brought.get("tracker")
    _check_brought(plan, "config", config, ("enabled", "create_tracker"))
    _check_brought(plan, "tracker", tracker, ("track_duration", "get_summary"))
    if config is not None and not config.enabled:
        return instead(plan, Refusal("is switched off in the config that was passed: pass one that is enabled"))
    if tracker is not None:
        return Run(plan, config, context, _tracker.adopt(_tracker.brought(tracker)), moment)
    run = track(plan, config, context, moment)
    _tracker.brought(run.tracker)
    return run


def _check_brought(plan: Plan, role: Role, value: object, needed: tuple[str, ...]) -> None:
    if value is None or all(hasattr(value, name) for name in needed):
        return
    parameter = next(parameter for parameter in plan.injected if parameter.role == role)
    msg = (
        f"the parameter {parameter.name!r} of {plan.site} takes an {parameter.kind.__name__}, not a "
        f"{type(value).__name__}: leave it out, and ldtrack fills it in"
    )
    raise TypeError(msg)


def _context_if_any(plan: Plan, args: Args, kwargs: Kwargs, moment: Moment) -> Context | None:
    try:
        return find_context(plan, args, kwargs, moment)
    except MissingContextError:
        return None


def _injected(role: Role, run: Run, runner: Any) -> Any:
    if role == "runner":
        return runner
    return run if role == "run" else getattr(run, role)


def _is_same_client(first: Plan, second: Plan) -> bool:
    configured = _settings.current.client
    first_source = configured if first.client is None else first.client
    second_source = configured if second.client is None else second.client
    return _clients.identity_of(first_source) is _clients.identity_of(second_source)
