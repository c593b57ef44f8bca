"""What `configure` sets for the whole process."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal, TypeAlias, cast

from ldclient import Context

from ldtrack import _clients
from ldtrack._checks import check_choice, check_context, check_estimate, check_ignore, check_timeout
from ldtrack._clients import ClientSource
from ldtrack._estimates import EstimateTokens
from ldtrack._local_source import check_local
from ldtrack._summary import RunSummary
from ldtrack._switches import Switches, switches

Interrupted: TypeAlias = Literal["auto", "success", "error", "ignore"]
Nested: TypeAlias = Literal["join", "separate"]
Unserved: TypeAlias = Literal["send", "drop"]

INTERRUPTED = ("auto", "success", "error", "ignore")
NESTED = ("join", "separate")


@dataclass(frozen=True)
class Settings:
    """One set of process-wide settings; `configure` puts a new one in place of the old."""

    client: ClientSource | None = None
    context: Context | None = None
    interrupted: Interrupted = "auto"
    ignore: tuple[type[BaseException], ...] = ()
    nested: Nested = "join"
    unserved: Unserved = "send"
    on_finish: Callable[[RunSummary], object] | None = None
    estimate_tokens: EstimateTokens | None = None
    exit_timeout: float | None = 10.0


current = Settings()


class _Unchanged:
    def __repr__(self) -> str:
        return "<unchanged>"


_UNCHANGED = cast("Any", _Unchanged())


def configure(
    *,
    client: ClientSource | None = _UNCHANGED,
    local: str | None = _UNCHANGED,
    context: Context | None = _UNCHANGED,
    interrupted: Interrupted = _UNCHANGED,
    ignore: tuple[type[BaseException], ...] = _UNCHANGED,
    nested: Nested = _UNCHANGED,
    unserved: Unserved = _UNCHANGED,
    model_refusal: Literal["success", "error"] = _UNCHANGED,
    parsing_error: Literal["success", "error"] = _UNCHANGED,
    strict: bool = _UNCHANGED,
    on_finish: Callable[[RunSummary], object] | None = _UNCHANGED,
    estimate_tokens: EstimateTokens | None = _UNCHANGED,
    exit_timeout: float | None = _UNCHANGED,
) -> None:
    """Set process-wide options. What is left out keeps its value.

    Args:
        client: An `LDClient`, an `LDAIClient`, or a function without arguments that makes one, called once
            per process on first use. None: `ldclient.get()`, if the app set that singleton.
        local: The address that `ldtrack monitor` prints. AI configs come from there and events go there, whatever
            `client=` says here or at a decorated function; calls whose tracker you made are as before. The
            environment variable `LDTRACK_LOCAL` does the same where this is None.
        context: The LaunchDarkly context of calls that name no other.
        interrupted: How interrupted calls count: "auto" (success once output began, else error), "success",
            "error", or "ignore" (no outcome).
        ignore: Exception types that count as no outcome.
        nested: "join", or "separate" to count a call inside a run of the same config by itself.
        unserved: "drop" sends no metrics of configs that LaunchDarkly did not serve; "send" does as the SDK.
        model_refusal: How a refusal counts that the model wrote itself, with a normal stop.
        parsing_error: How a generation counts that could not be parsed into the shape that was asked for.
        strict: Raise tracking faults instead of logging them. For tests.
        on_finish: Called with the `RunSummary` of each run after it ended.
        estimate_tokens: Counts the output tokens of streams that tell none, see `tracked`.
        exit_timeout: Seconds that the end of the process may wait for the delivery of what is pending, 10 at first;
            None waits as long as the SDK tries.

    Raises:
        TypeError: A value of the wrong type.
        ValueError: A policy that does not exist.
    """
    global current  # noqa: PLW0603 -- replaced as a whole, so that readers need no lock
    given: dict[str, Any] = {
        "client": client,
        "local": local,
        "context": context,
        "interrupted": interrupted,
        "ignore": ignore,
        "nested": nested,
        "unserved": unserved,
        "model_refusal": model_refusal,
        "parsing_error": parsing_error,
        "strict": strict,
        "on_finish": on_finish,
        "estimate_tokens": estimate_tokens,
        "exit_timeout": exit_timeout,
    }
    changes = {name: value for name, value in given.items() if value is not _UNCHANGED}
    for name, value in changes.items():
        _CHECKS[name](value)
    for name in vars(switches).keys() & changes.keys():
        setattr(switches, name, changes.pop(name))
    current = replace(current, **changes)
    if local is not _UNCHANGED:
        _clients.ask_again()


def _check_strict(value: Any) -> None:
    if not isinstance(value, bool):
        msg = f"strict= is True or False, not {value!r}"
        raise TypeError(msg)


def _check_on_finish(value: Any) -> None:
    if value is not None and not callable(value):
        msg = f"on_finish= is a function that takes the summary of a run, not {value!r}"
        raise TypeError(msg)


def _one_of(name: str, choices: tuple[str, ...]) -> Callable[[Any], None]:
    return partial(check_choice, name, choices=choices)


_CHECKS: dict[str, Callable[[Any], None]] = {
    "client": _clients.check_source,
    "local": check_local,
    "context": check_context,
    "interrupted": _one_of("interrupted", INTERRUPTED),
    "ignore": check_ignore,
    "nested": _one_of("nested", NESTED),
    "unserved": _one_of("unserved", ("send", "drop")),
    "model_refusal": _one_of("model_refusal", ("success", "error")),
    "parsing_error": _one_of("parsing_error", ("success", "error")),
    "strict": _check_strict,
    "on_finish": _check_on_finish,
    "estimate_tokens": check_estimate,
    "exit_timeout": partial(check_timeout, name="exit_timeout"),
}


@contextmanager
def restored() -> Generator[None, None, None]:
    """Put back, at the end of a block, what was configured at its start. For tests."""
    global current  # noqa: PLW0603 -- see `configure`
    before, switched = current, vars(switches).copy()
    try:
        yield
    finally:
        current = before
        moved = switches.local != switched["local"]
        vars(switches).update(switched)
        if moved:
            _clients.ask_again()


def reset() -> None:
    """Forget everything that was configured. For tests."""
    global current  # noqa: PLW0603 -- see `configure`
    current = Settings()
    vars(switches).update(vars(Switches()))
    _clients.forget()
