"""G1, G2: whatever the endpoint does, an event is delivered once, pending, or counted as lost; `flush` knows which."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ldclient import Context

from events_endpoint import EventsEndpoint, client_for, events_endpoint
from ldtrack import confirming_event_processor
from ldtrack._delivery import event_processor
from support import USER

OPTIONS: dict[str, Any] = {"event_processor_class": confirming_event_processor, "flush_interval": 600}
FINE, CLOSED, TOO_LARGE, FOR_GOOD = 202, 0, 413, 401
ANSWERS = st.sampled_from([FINE, FINE, FINE, 500, 429, CLOSED, TOO_LARGE])
STEPS = st.lists(st.one_of(st.integers(1, 40), st.just("flush")), min_size=1, max_size=8)
SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the SDK's second try follow at once."""
    monkeypatch.setattr(event_processor.sdk, "time", SimpleNamespace(sleep=lambda _seconds: None))


@pytest.fixture(scope="module")
def shared() -> Iterator[EventsEndpoint]:
    """One endpoint for all examples."""
    with events_endpoint() as endpoint:
        yield endpoint


def played(endpoint: EventsEndpoint, client: Any, steps: list[Any]) -> int:
    """Track and flush as told; whatever `flush` says is checked. Gives how many events were tracked."""
    processor, tracked, lost = client._event_processor, 0, 0
    for step in steps:
        if step != "flush":
            for number in range(tracked, tracked + step):
                client.track("event", USER, metric_value=number)
            tracked += step
        elif processor.wait_delivered(30):
            assert tracked == len(endpoint.metrics()) + processor.stats().lost
            assert lost == processor.stats().lost
        lost = processor.stats().lost if step == "flush" else lost
    return tracked


def caught_up(processor: Any) -> None:
    """Wait until the dispatcher has taken everything out of its queue."""
    done = threading.Event()
    processor._post_to_inbox(event_processor.sdk.EventProcessorMessage("event", event_processor.Note(done.set)))
    assert done.wait(30)


@SLOW
@given(steps=STEPS, script=st.lists(ANSWERS, max_size=8), pending=st.sampled_from([10, 50, 10_000]))
def test_g2_every_event_is_somewhere(shared: EventsEndpoint, steps: list[Any], script: list[int], pending: int) -> None:
    """Nothing is doubled either, and what is kept arrives once the endpoint works."""
    shared.batches, shared.script = [], list(script)
    with client_for(shared.url, **OPTIONS, events_max_pending=pending) as client:
        tracked = played(shared, client, steps)
        stats = client._event_processor.stats()
        assert tracked == stats.tracked == stats.delivered + stats.pending + stats.lost

        shared.script = []
        while client._event_processor.stats().pending:
            client._event_processor.wait_delivered(30)
        stats = client._event_processor.stats()
        assert (0, tracked) == (stats.pending, stats.delivered + stats.lost)
        numbers = shared.values()
        assert stats.delivered == len(numbers) == len(set(numbers))


@SLOW
@given(steps=STEPS, script=st.lists(ANSWERS, max_size=3))
def test_g2_after_a_refusal_for_good_all_is_counted(
    shared: EventsEndpoint, steps: list[Any], script: list[int]
) -> None:
    """Nothing stays pending, since nothing is sent any more."""
    shared.batches, shared.script = [], [*script, FOR_GOOD]
    with client_for(shared.url, **OPTIONS) as client:
        tracked = played(shared, client, [*steps, *["flush"] * 3, 1, *["flush"] * 3])
        stats = client._event_processor.stats()
        assert (tracked, 0) == (stats.delivered + stats.lost, stats.pending)
        assert stats.delivered == len(shared.metrics())


def test_g1_what_fails_while_the_buffer_is_full_is_counted(shared: EventsEndpoint) -> None:
    """It cannot be kept for another try: what came later has its place."""
    shared.batches, shared.script, shared.answer = [], [], 500
    with client_for(shared.url, **OPTIONS, events_max_pending=20) as client:
        processor = client._event_processor
        shared.open.clear()
        for number in range(5):  # as many as there are senders
            client.track("event", USER, metric_value=number)
            client.flush()
            caught_up(processor)
        for _ in range(20):
            client.track("later", USER)
        caught_up(processor)
        shared.open.set()

        while processor.stats().pending > 20:
            processor.wait_delivered(30)
        shared.answer = 202
        while not processor.wait_delivered(30):
            pass
        assert {"undeliverable": 5} == processor.stats().dropped
        assert 20 == len(shared.metrics("later")) == processor.stats().delivered


def test_g1_what_is_kept_of_other_events_is_bounded_too(shared: EventsEndpoint) -> None:
    """An app that evaluates flags for many users, while the endpoint is down; what was tracked goes first."""
    shared.batches, shared.script, shared.answer = [], [], 500
    with client_for(shared.url, **OPTIONS, events_max_pending=20) as client:
        processor = client._event_processor
        client.track("event", USER)
        for number in range(200):
            client.identify(Context.create(f"user-{number}"))
            if number % 10 == 0:
                assert not processor.wait_delivered(30)
        assert 2 * 20 >= sum(batch.size for batch in processor._dispatcher._unsent)

        shared.answer = 202
        while not processor.wait_delivered(30):
            pass
        assert 1 == len(shared.metrics("event"))
