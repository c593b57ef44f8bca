"""What `configure` sets for the whole process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias, cast

from ldclient import Context

from ldtrack import _clients
from ldtrack._checks import check_choice, check_context, check_ignore
from ldtrack._clients import ClientSource
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


current = Settings()


class _Unchanged:
    def __repr__(self) -> str:
        return "<unchanged>"


_UNCHANGED = cast("Any", _Unchanged())


def configure(
    *,
    client: ClientSource | None = _UNCHANGED,
    context: Context | None = _UNCHANGED,
    interrupted: Interrupted = _UNCHANGED,
    ignore: tuple[type[BaseException], ...] = _UNCHANGED,
    nested: Nested = _UNCHANGED,
    unserved: Unserved = _UNCHANGED,
    model_refusal: Literal["success", "error"] = _UNCHANGED,
    parsing_error: Literal["success", "error"] = _UNCHANGED,
    strict: bool = _UNCHANGED,
    on_finish: Callable[[RunSummary], object] | None = _UNCHANGED,
) -> None:
    """Set process-wide options. What is left out keeps its value.

    Args:
        client: An `LDClient`, an `LDAIClient`, or a function without arguments that makes one, called once
            per process on first use. None: `ldclient.get()`, if the app set that singleton.
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

    Raises:
        TypeError: A value of the wrong type.
        ValueError: A policy that does not exist.
    """
    global current  # noqa: PLW0603 -- replaced as a whole, so that readers need no lock
    changes = {
        name: value
        for name, value in locals().items()
        if value is not _UNCHANGED and name in Settings.__dataclass_fields__
    }
    switched = {"model_refusal": model_refusal, "parsing_error": parsing_error, "strict": strict}
    switched = {name: value for name, value in switched.items() if value is not _UNCHANGED}
    _check(changes)
    _check_switches(switched)
    for name, value in switched.items():
        setattr(switches, name, value)
    current = replace(current, **changes)


def _check(changes: dict[str, Any]) -> None:
    check_choice("interrupted", changes.get("interrupted", "auto"), INTERRUPTED)
    check_choice("nested", changes.get("nested", "join"), NESTED)
    check_choice("unserved", changes.get("unserved", "send"), ("send", "drop"))
    check_ignore(changes.get("ignore", ()))
    check_context(changes.get("context"))
    _clients.check_source(changes.get("client"))
    if changes.get("on_finish") is not None and not callable(changes["on_finish"]):
        msg = "on_finish= is a function that takes the summary of a run"
        raise TypeError(msg)


def _check_switches(switched: dict[str, Any]) -> None:
    for name, value in switched.items():
        if name != "strict":
            check_choice(name, value, ("success", "error"))
        elif not isinstance(value, bool):
            msg = f"strict= is True or False, not {value!r}"
            raise TypeError(msg)


def reset() -> None:
    """Forget everything that was configured. For tests."""
    global current  # noqa: PLW0603 -- see `configure`
    current = Settings()
    vars(switches).update(vars(Switches()))
    _clients.forget()
