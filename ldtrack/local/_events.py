"""The SDK's custom events, and how to read them: newer SDKs may add fields to any of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

from ldclient import Context


class EventKey:
    """The keys of the events that an AI config's tracker sends."""

    DURATION = "$ld:ai:duration:total"
    TIME_TO_FIRST_TOKEN = "$ld:ai:tokens:ttf"
    INPUT_TOKENS = "$ld:ai:tokens:input"
    OUTPUT_TOKENS = "$ld:ai:tokens:output"
    TOTAL_TOKENS = "$ld:ai:tokens:total"
    SUCCESS = "$ld:ai:generation:success"
    ERROR = "$ld:ai:generation:error"
    THUMBS_UP = "$ld:ai:feedback:user:positive"
    THUMBS_DOWN = "$ld:ai:feedback:user:negative"
    TOOL_CALL = "$ld:ai:tool_call"


_JUDGE = "$ld:ai:judge:"


class CustomEvent(Protocol):
    """A tracked event, as the SDK hands it to its event processor."""

    @property
    def key(self) -> str:
        """The event's name, such as `$ld:ai:generation:success`."""
        ...  # pragma: no cover

    @property
    def data(self) -> Any:
        """The payload; a mapping with `configKey` and `runId` for what an AI config's tracker sends."""
        ...  # pragma: no cover

    @property
    def metric_value(self) -> Any:
        """The number that was measured, or None."""
        ...  # pragma: no cover

    @property
    def context(self) -> Context:
        """The LaunchDarkly context it was tracked for."""
        ...  # pragma: no cover

    @property
    def timestamp(self) -> int:
        """When it was tracked, in milliseconds since 1970."""
        ...  # pragma: no cover


def payload(event: CustomEvent) -> Mapping[str, Any]:
    """Return the event's data, empty for events that carry something else."""
    data = event.data
    return cast("Mapping[str, Any]", data) if isinstance(data, Mapping) else {}


def number(event: CustomEvent) -> Any:
    """Return the event's number, 0 for an event tracked by hand without one."""
    return event.metric_value if isinstance(event.metric_value, int | float) else 0


def tool_name(event: CustomEvent) -> str:
    """Name the tool that was called; `toolName` is what newer SDKs call it."""
    data = payload(event)
    return str(data.get("toolKey") or data.get("toolName") or "")


def is_judge_score(event: CustomEvent) -> bool:
    """Whether a judge gave this score: its key is the judge's metric key, whatever that is."""
    return "judgeConfigKey" in payload(event) or event.key.startswith(_JUDGE)
