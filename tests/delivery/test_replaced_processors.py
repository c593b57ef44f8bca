"""G2: clients whose event processor is replaced, or goes, after ldtrack has met them."""

from __future__ import annotations

from events_endpoint import client_for, events_endpoint
from ldtrack import configure, flush, tracked
from support import KEY, USER


def test_g2_a_client_that_the_app_started_anew_confirms_again() -> None:
    """The SDK's `postfork()` makes an event processor of its own kind."""
    with events_endpoint() as endpoint, client_for(endpoint.url, flush_interval=600) as client:
        configure(client=client, context=USER)
        answer = tracked(KEY)(lambda: "an answer")
        answer()
        assert flush(10)
        client.postfork()
        answer()

        assert flush(10)
        assert 2 == len(endpoint.metrics("$ld:ai:generation:success"))


def test_a6_a_client_that_the_app_closed_has_nothing_left_to_confirm() -> None:
    """It delivered all when it was closed."""
    with events_endpoint() as endpoint:
        with client_for(endpoint.url, flush_interval=600) as client:
            configure(client=client, context=USER)
            tracked(KEY)(lambda: "an answer")()

        assert flush(10)
        assert 1 == len(endpoint.metrics("$ld:ai:generation:success"))
