"""Feedback that comes later, perhaps in another process."""

from __future__ import annotations

from typing import Any

from ldai.tracker import FeedbackKind
from ldclient import Context

from ldtrack import _clients, _settings
from ldtrack._checks import check_context, check_positive
from ldtrack._clients import ClientSource
from ldtrack._errors import InvalidTokenError, MissingContextError
from ldtrack._evaluation import surrounding_context
from ldtrack._faults import fault
from ldtrack._moment import Moment
from ldtrack._muting import is_muted


def send_feedback(
    token: str, *, positive: bool, context: Context | None = None, client: ClientSource | None = None
) -> None:
    """Record what the user thought of a run, from the run's resumption token.

    Args:
        token: `Run.resumption_token`, kept with the message that the user judges.
        positive: Thumbs up or down. LaunchDarkly keeps the first per run.
        context: The LaunchDarkly context of the user; without it, that of `use_context`, `configure` or
            the tracked call around.
        client: Another LaunchDarkly client than the configured one.

    Raises:
        InvalidTokenError: The token cannot be read.
        MissingContextError: There is no LaunchDarkly context.
        ConfigurationError: There is no LaunchDarkly client.
        TypeError: `positive` is neither True nor False.
    """
    check_positive(positive)
    check_context(context)
    found = context or surrounding_context(Moment())
    if found is None:
        raise MissingContextError("send_feedback()", "its `context=`")
    ai_client = _clients.ai_client(client if client is not None else _settings.current.client)
    made: Any = ai_client.create_tracker(str(token), found)
    if not made.is_success():
        msg = "the resumption token cannot be read: pass the `resumption_token` of a Run, unchanged"
        raise InvalidTokenError(msg)
    if is_muted():
        return
    kind = FeedbackKind.Positive if positive else FeedbackKind.Negative
    try:
        made.value.track_feedback({"kind": kind})
    except Exception as exc:  # noqa: BLE001 -- D3
        fault("event", "send_feedback", exc)
