"""A4: `send_feedback` sends for the context, and through the client, that it is given."""

from __future__ import annotations

from typing import Any

import pytest
from ldclient import Context

from ldtrack import configure, current_run, send_feedback, tracked, use_context
from ldtrack.local import LocalLaunchDarkly
from support import CONFIGS, KEY, USER

ADA = Context.create("ada")


@pytest.fixture
def token(ld: Any) -> str:
    """The token of a run."""
    found: str = tracked(KEY)(lambda: current_run().resumption_token)()
    ld.clear()
    return found


def sent(ld: Any) -> list[tuple[str, str]]:
    """Who sent which feedback."""
    return [(event.context.key, event.key.rpartition(":")[2]) for event in ld.events if ":feedback:" in event.key]


def test_a4_feedback_goes_through_the_client_that_is_passed(ld: Any, token: str) -> None:
    """And not through the configured one."""
    other = LocalLaunchDarkly(CONFIGS)

    send_feedback(token, positive=False, client=other.client)
    assert ([("user-1", "negative")], []) == (sent(other), sent(ld))
    other.close()


def test_a4_feedback_is_of_the_context_that_is_passed(ld: Any, token: str) -> None:
    """Else of the ambient one, else of the configured one."""
    with use_context(ADA):
        send_feedback(token, positive=True)
        send_feedback(token, positive=True, context=Context.create("bob"))
    send_feedback(token, positive=True)

    assert ["ada", "bob", "user-1"] == [user for user, _ in sent(ld)]


def test_a4_feedback_without_a_configured_context(ld: Any, token: str) -> None:
    """The ambient one is enough."""
    configure(context=None)

    with use_context(ADA):
        send_feedback(token, positive=True)
    assert [("ada", "positive")] == sent(ld)


@pytest.mark.parametrize(("context", "error"), [(USER.key, TypeError), (Context.create(""), ValueError)])
def test_a4_feedback_checks_its_context(ld: Any, token: str, context: Any, error: type[Exception]) -> None:
    """An event of an invalid context would be dropped without a word."""
    with pytest.raises(error):
        send_feedback(token, positive=True, context=context)
    assert [] == sent(ld)
