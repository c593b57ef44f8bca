"""Tier 1: LaunchDarkly's managed runner is created and injected, and tracks by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ldtrack import _clients, _tracker
from ldtrack._conversation import pinned
from ldtrack._ending import Ending, Figures
from ldtrack._evaluation import UNREADABLE, client_for, find_context, instead, is_dropped, report_failure
from ldtrack._faults import fault
from ldtrack._moment import Moment
from ldtrack._muting import mute
from ldtrack._run import Run
from ldtrack._runners import create_runner, why_no_runner
from ldtrack._start import injected, joinable
from ldtrack._substitute_clients import careful, only_defaults

if TYPE_CHECKING:
    from ldai import LDAIClient
    from ldclient import Context

    from ldtrack._arguments import Args, Kwargs
    from ldtrack._plan import Plan


class ManagedRun(Run):
    """A call through LaunchDarkly's managed runner, which tracks by itself."""

    __slots__ = ("_is_late",)

    def _is_handed_over(self, ending: Ending) -> bool:
        handed_over = super()._is_handed_over(ending)
        self._is_late = not handed_over
        return handed_over

    def _record(self, ending: Ending, figures: Figures, *, others: bool, quiet: bool) -> None:
        if getattr(self, "_is_late", False):  # what the runner tracked, it tracked for a run that has ended
            if ending.reading is not None and ending.reading.duration_ms is not None:
                super()._record(ending, figures, others=others, quiet=quiet)
        elif self._tracker is not None:
            for name in figures.tool_calls or ():
                self._guarded(partial(self.tracker.track_tool_call, name))


def managed_wrapper(plan: Plan, function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a coroutine function its managed runner."""

    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        run, args, kwargs = await begin_managed(plan, args, kwargs)
        if not isinstance(run, Run):
            return await run(*args, **kwargs)
        with run:
            result = await function(*args, **kwargs)
        run.end(Ending())
        return result

    return wrapper


async def begin_managed(plan: Plan, args: Args, kwargs: Kwargs) -> tuple[ManagedRun | Callable[..., Any], Args, Kwargs]:
    """Create the runner of a call, and put it among the arguments; or give the fallback to call instead.

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
        runner, fallback = await _runner(plan, parameter.kind, context, variables)
        if fallback is not None:
            return fallback, args, kwargs
    run = _run_of(plan, runner, context, moment)
    return run, *plan.arguments.put_in(own_args, own_kwargs, {**injected(plan, run, runner), **passed})


async def _runner(
    plan: Plan, kind: type, context: Context, variables: dict[str, Any]
) -> tuple[Any, Callable[..., Any] | None]:
    """The runner of a call, or the fallback to call instead."""
    client = client_for(plan)
    conversation = pinned(plan.config_key, context)

    async def runner_from(client: LDAIClient) -> Any:
        create = partial(create_runner, client, kind, plan.config_key, context, plan.default, variables)
        return await (create() if conversation is None else conversation.runner(kind, create))

    try:
        runner = await runner_from(client)
    except Exception as exc:  # noqa: BLE001 -- D3
        report_failure(plan, exc)
        if plan.default is None:
            return None, instead(plan, UNREADABLE, exc)
        runner = await runner_from(only_defaults(_clients.base_client(client)))
    if runner is not None:
        return runner, None
    client = careful(_clients.base_client(client))  # it sends no usage event for asking why
    return None, instead(plan, why_no_runner(client, kind, plan.config_key, context, plan.default))


def _run_of(plan: Plan, runner: Any, context: Context, moment: Moment) -> ManagedRun:
    config = runner.get_config() if hasattr(runner, "get_config") else None
    host = None if moment.muted else joinable(plan, context, moment.run)
    muted, tracker = moment.muted, None
    try:
        if config is not None:
            _tracker.tie(config)  # the runner asks the config for its tracker
            if host is None:
                tracker = _tracker.fresh_tracker(config)
                muted = muted or is_dropped(plan, tracker)
            if muted:
                mute(tracker)
    except Exception as exc:  # noqa: BLE001 -- D3: the runner tracks without us
        fault("tracker", plan.site, exc)
    run = ManagedRun(plan, config, context, tracker, moment, host)
    run.muted = muted
    return run
