"""Tier 1: LaunchDarkly's managed runner is created and injected, and tracks by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ldtrack import _tracker
from ldtrack._conversation import pinned
from ldtrack._ending import Ending
from ldtrack._evaluation import client_for, disabled, find_context, only_defaults
from ldtrack._faults import fault
from ldtrack._joined_runs import ManagedRun
from ldtrack._log import warn_once
from ldtrack._moment import Moment
from ldtrack._runners import create_runner, why_no_runner
from ldtrack._start import joinable

if TYPE_CHECKING:
    from ldai import LDAIClient
    from ldclient import Context

    from ldtrack._arguments import Args, Kwargs
    from ldtrack._plan import Plan
    from ldtrack._run import Run


def managed_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a coroutine function its managed runner."""

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run, args, kwargs = await begin_managed(plan, args, kwargs)
        if run is None:
            return await plan.fallback(*args, **kwargs)  # type: ignore[misc] # pyright: ignore[reportOptionalCall] -- see begin_managed
        with run:
            result = await function(*args, **kwargs)
        run.end(Ending())
        return result

    return wrapper


async def begin_managed(plan: Plan, args: Args, kwargs: Kwargs) -> tuple[Run | None, Args, Kwargs]:
    """Create the runner of a call, and put it among the arguments; None where the fallback has to be called.

    Raises:
        ConfigDisabledError: There is no runner, and no fallback.
        MissingContextError: There is no LaunchDarkly context.
        ConfigurationError: There is no client.
    """
    own_args, own_kwargs, passed = plan.arguments.take_out(args, kwargs)
    moment = Moment()
    context = find_context(plan, own_args, own_kwargs, moment)
    parameter = next(parameter for parameter in plan.injected if parameter.role == "runner")
    runner = passed.get(parameter.name)
    if runner is None:
        variables = plan.variables_of(own_args, own_kwargs)
        runner = await _runner(plan, parameter.kind, context, variables)
    if runner is None:
        return None, args, kwargs
    run = _run_of(plan, runner, context, moment)
    values = {"runner": runner, "config": run.config, "tracker": run.tracker, "run": run}
    injected = {parameter.name: values[parameter.role] for parameter in plan.injected}
    return run, *plan.arguments.put_in(own_args, own_kwargs, {**injected, **passed})


async def _runner(plan: Plan, kind: type, context: Context, variables: dict[str, Any]) -> Any:
    client = client_for(plan)
    conversation = pinned(plan.config_key, context)

    async def create() -> Any:
        return await _created(client, plan, kind, context, variables)

    runner = await (create() if conversation is None else conversation.runner(kind, create))
    if runner is None and plan.fallback is None:
        raise disabled(plan, why_no_runner(client, kind, plan.config_key, context, plan.default))
    return runner


async def _created(client: LDAIClient, plan: Plan, kind: type, context: Context, variables: dict[str, Any]) -> Any:
    try:
        return await create_runner(client, kind, plan.config_key, context, plan.default, variables)
    except Exception as exc:
        message = "%s: AI config %r could not be evaluated"
        warn_once("evaluation", plan.site, message, plan.site, plan.config_key, exc=exc)
        if plan.default is not None:
            client = only_defaults(client)
            return await create_runner(client, kind, plan.config_key, context, plan.default, variables)
        if plan.fallback is None:
            raise disabled(plan, "could not be evaluated: check its variation in LaunchDarkly") from exc
        return None


def _run_of(plan: Plan, runner: Any, context: Context, moment: Moment) -> ManagedRun:
    config = runner.get_config() if hasattr(runner, "get_config") else None
    host = None if moment.muted else joinable(plan, context, moment.run)
    tracker = None
    try:
        if config is not None:
            tracker = _tracker.fresh_tracker(config)
            _tracker.tie(config)  # the runner asks the config for its tracker
            if moment.muted or host is not None:
                _tracker.mute(tracker)
    except Exception as exc:  # noqa: BLE001 -- D3: the runner tracks without us
        fault("tracker", plan.site, exc)
    return ManagedRun(plan, config, context, tracker, moment, host)
