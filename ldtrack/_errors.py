"""The exceptions that ldtrack raises: all of them say the cure."""

from __future__ import annotations


class LdtrackError(Exception):
    """Base class of everything that ldtrack raises by itself."""


class ConfigurationError(LdtrackError):
    """No LaunchDarkly client was given, or it cannot be made."""


_TRACKED_CURE = (
    "`context=` in `@tracked` (a Context, or a function of the call's arguments); "
    "an argument whose parameter is annotated `ldclient.Context`"
)


class MissingContextError(LdtrackError):
    """No LaunchDarkly context was found for a tracked call."""

    def __init__(self, function: str, own_cure: str = _TRACKED_CURE) -> None:
        super().__init__(function, own_cure)  # intact `args` keep it picklable
        self.function = function
        self.own_cure = own_cure

    def __str__(self) -> str:
        return (
            f"no LaunchDarkly context for {self.function}. Give it one of these, looked up in this order: "
            f"{self.own_cure}; `with use_context(ctx):` around the call; `configure(context=ctx)`; "
            "the context of a tracked call around it."
        )


class ConfigDisabledError(LdtrackError):
    """The AI config is not enabled, and the call has no fallback."""

    def __init__(self, config_key: str, reason: str) -> None:
        super().__init__(config_key, reason)  # intact `args` keep it picklable
        self.config_key = config_key
        self.reason = reason

    def __str__(self) -> str:
        return f"AI config {self.config_key!r} {self.reason}, or pass `fallback=` to `@tracked`"


class InvalidTokenError(LdtrackError, ValueError):
    """The resumption token given for later feedback cannot be read."""
