"""G1, G2: what was tracked arrives, `flush` knows, and what cannot arrive is counted with its cause."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import anyio
import pytest
from ldai import LDAIClient
from ldclient.impl.events.event_processor import DefaultEventProcessor

from contract.helpers import warnings_of
from events_endpoint import EventsEndpoint, client_for
from ldtrack import (
    DeliveryStats,
    aflush,
    configure,
    confirming_event_processor,
    delivery_stats,
    flush,
    track_stream,
    tracked,
)
from ldtrack._delivery import processors
from support import KEY, USER, Reply, read_reply

OF_A_RUN = 6
"""Duration, success, three token counts, and the usage event of the evaluation."""
_before: list[DeliveryStats] = []


@pytest.fixture
def connect(endpoint: EventsEndpoint) -> Iterator[Callable[..., Any]]:
    """Makes an ordinary client, which sends nothing by itself, and configures ldtrack with it."""
    clients: list[Any] = []

    def make(**options: Any) -> Any:
        client = client_for(endpoint.url, **{"flush_interval": 600, **options})
        clients.append(client)
        configure(client=client, context=USER)
        answer()
        assert flush(10)
        endpoint.batches.clear()
        _before[:] = [delivery_stats()]
        return client

    yield make
    endpoint.open.set()
    endpoint.answer, endpoint.delay = 202, 0
    for client in clients:
        with contextlib.suppress(ValueError):  # the SDK's TestData, if the test has closed it already
            client.close()


@tracked(KEY, extractor=read_reply)
def answer() -> Reply:
    """One call of the model."""
    return Reply()


def counted() -> DeliveryStats:
    """What was counted since the client was connected."""
    now, before = delivery_stats(), _before[0]
    dropped = {cause: n - before.dropped.get(cause, 0) for cause, n in now.dropped.items()}
    return DeliveryStats(
        now.tracked - before.tracked,
        now.delivered - before.delivered,
        now.pending - before.pending,
        {cause: n for cause, n in dropped.items() if n},
    )


def until(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)
    return bool(condition())


def test_g2_flush_is_true_once_everything_was_answered(connect: Any, endpoint: EventsEndpoint) -> None:
    """A ready client learns to tell; its events are the SDK's own, the summary of evaluations too."""
    connect()
    answer()

    assert flush(10)
    assert 1 == len(endpoint.metrics("$ld:ai:generation:success"))
    assert OF_A_RUN == len(endpoint.metrics())
    assert "summary" in {event["kind"] for batch in endpoint.batches for event in batch}


def test_g2_a_flush_waits_for_every_batch_in_whatever_order_they_are_answered(
    connect: Any, endpoint: EventsEndpoint
) -> None:
    """The later batch is answered at once, the earlier one not yet: not everything has arrived."""
    client = connect()
    endpoint.open.clear()
    answer()
    client.flush()
    assert until(lambda: client._event_processor._dispatcher._busy)
    first, endpoint.open = endpoint.open, threading.Event()
    endpoint.open.set()
    answer()

    assert not flush(0.3)
    assert 1 == len(endpoint.metrics("$ld:ai:generation:success"))
    first.set()
    assert flush(10)
    assert 2 == len(endpoint.metrics("$ld:ai:generation:success"))


def test_g2_a_hanging_endpoint_costs_the_time_that_was_given(connect: Any, endpoint: EventsEndpoint) -> None:
    """And the events stay pending until it answers."""
    connect()
    endpoint.open.clear()
    answer()

    assert not flush(0.1)
    assert (OF_A_RUN, 0) == (counted().pending, counted().lost)
    endpoint.open.set()
    assert flush(10)
    assert (OF_A_RUN, 0) == (counted().delivered, counted().pending)


@pytest.mark.parametrize("failure", [500, 503, 429, 408, 0])
def test_g2_what_could_not_be_sent_is_kept_and_sent_again(connect: Any, endpoint: EventsEndpoint, failure: int) -> None:
    """The SDK gives up after its second try. LaunchDarkly tells by the payload id what it has got twice."""
    connect()
    endpoint.script = [failure, failure]
    answer()

    assert not flush(10)
    assert (OF_A_RUN, 0) == (counted().pending, counted().lost)
    assert flush(10)
    assert (OF_A_RUN, OF_A_RUN) == (counted().delivered, len(endpoint.metrics()))
    assert 1 == len(set(endpoint.payload_ids[-3:]))


def test_g2_an_endpoint_that_was_down_gets_everything_when_it_is_back(connect: Any, endpoint: EventsEndpoint) -> None:
    """Within `events_max_pending`."""
    connect()
    endpoint.stop()
    for _ in range(3):
        answer()
        assert not flush(10)
    endpoint.start()

    assert flush(20)
    assert 3 * OF_A_RUN == len(endpoint.metrics()) == counted().delivered


def test_g2_it_tries_again_by_itself(connect: Any, endpoint: EventsEndpoint) -> None:
    """At the SDK's next interval."""
    connect(flush_interval=0.2)
    endpoint.script = [500, 500]
    answer()

    assert until(lambda: OF_A_RUN == counted().delivered)


@pytest.mark.parametrize("status", [401, 403, 404])
def test_g2_a_refusal_for_good_is_told_once_and_counted(connect: Any, endpoint: EventsEndpoint, status: int) -> None:
    """The SDK stops sending then, as with a wrong SDK key; nothing of that is silent."""
    connect()
    endpoint.answer = status
    answer()

    assert (False, True) == (flush(10), flush(10))
    assert {"rejected": OF_A_RUN} == counted().dropped
    answer()
    assert not flush(10)
    assert {"rejected": 2 * OF_A_RUN} == counted().dropped


def test_g2_a_batch_that_is_too_large_goes_in_halves(connect: Any, endpoint: EventsEndpoint) -> None:
    """The SDK would switch itself off for good."""
    connect()
    endpoint.answer = lambda events: 413 if len(events) > 7 else 202
    for _ in range(10):
        answer()

    assert flush(20)
    assert 10 * OF_A_RUN == len(endpoint.metrics())
    assert 7 >= max(map(len, endpoint.batches))


def test_g2_an_event_that_is_too_large_costs_no_other(connect: Any, endpoint: EventsEndpoint) -> None:
    """It is lost, and the answer is no."""
    client = connect()
    endpoint.answer = lambda events: 413 if any(event.get("key") == "large" for event in events) else 202
    answer()
    client.track("large", USER, {"text": "x" * 1000})
    answer()

    assert not flush(20)
    assert {"rejected": 1} == counted().dropped
    assert 2 * OF_A_RUN == len(endpoint.metrics())


def test_g2_an_event_that_json_cannot_hold_costs_no_other(connect: Any, endpoint: EventsEndpoint) -> None:
    """With the SDK's own processor the whole batch is lost."""
    client = connect()
    answer()
    client.track("odd", USER, {"value": object()})
    answer()

    assert (False, True) == (flush(10), flush(10))
    assert {"invalid": 1} == counted().dropped
    assert 2 * OF_A_RUN == len(endpoint.metrics())


def test_g1_events_go_before_the_buffer_is_full(connect: Any, endpoint: EventsEndpoint) -> None:
    """Without waiting for the SDK's interval."""
    connect(events_max_pending=200)
    for _ in range(20):
        answer()

    assert until(lambda: len(endpoint.metrics()) >= 50)
    assert 0 == counted().lost


def test_g1_a_sender_that_is_done_is_given_what_waits(connect: Any, endpoint: EventsEndpoint) -> None:
    """Too few to go while it was busy, enough now; nothing else has to be tracked first."""
    client = connect(events_max_pending=400)
    endpoint.open.clear()
    for _ in range(42):
        answer()
        until(lambda: client._event_processor._inbox.empty())
    endpoint.open.set()

    assert until(lambda: 42 * OF_A_RUN == counted().delivered)


@pytest.mark.parametrize("pending", [40, 100])
def test_g1_what_no_sender_can_take_is_bounded_and_counted(
    connect: Any, endpoint: EventsEndpoint, caplog: pytest.LogCaptureFixture, pending: int
) -> None:
    """Five requests hang; from then on the buffer fills up."""
    caplog.set_level(logging.WARNING, "ldtrack")
    client = connect(events_max_pending=pending)
    endpoint.open.clear()
    for _ in range(200):
        answer()
        until(lambda: client._event_processor._inbox.empty())

    stats = counted()
    assert 200 * OF_A_RUN == stats.tracked
    assert {"buffer_full"} == set(stats.dropped)
    assert stats.pending <= pending + 5 * pending
    assert 1 == len([warning for warning in warnings_of(caplog) if "buffer_full" in warning])
    endpoint.open.set()
    assert not flush(20)
    assert (stats.pending, 0) == (counted().delivered, counted().pending)
    assert stats.pending == len(endpoint.metrics())


def test_g1_a_burst_beyond_the_queue_is_counted(connect: Any, endpoint: EventsEndpoint) -> None:
    """The SDK's thread does not get a turn, and a call never waits for it."""
    client = connect(events_max_pending=50)
    processor, free = client._event_processor, threading.Event()
    processor._inbox.put(DefaultEventProcessor.__init__.__globals__["EventProcessorMessage"]("event", note(free.wait)))
    assert until(lambda: processor._inbox.empty())
    for _ in range(20):
        answer()

    assert 20 * OF_A_RUN - 50 + 20 >= counted().dropped["queue_full"] > 0
    free.set()
    assert not flush(20)
    assert 20 * OF_A_RUN == counted().tracked == len(endpoint.metrics()) + counted().lost


def note(action: Callable[[], object]) -> Any:
    """Something for the dispatcher's thread to do."""
    from ldtrack._delivery.event_processor import Note

    return Note(action)


def test_g1_what_is_kept_for_another_try_is_bounded(connect: Any, endpoint: EventsEndpoint) -> None:
    """While the endpoint fails, the events that came first stay."""
    connect(events_max_pending=40)
    endpoint.answer = 500
    for _ in range(40):
        answer()
        time.sleep(0.002)
    assert until(lambda: counted().dropped and not flush(10))

    assert {"undeliverable", "buffer_full"} >= set(counted().dropped)
    endpoint.answer = 202
    flush(20)
    assert flush(20)
    stats = counted()
    assert 40 * OF_A_RUN == stats.delivered + stats.lost == stats.tracked
    assert stats.delivered == len(endpoint.metrics())


def test_g3_closing_delivers_what_waits_for_a_busy_sender(connect: Any, endpoint: EventsEndpoint) -> None:
    """The SDK's own processor loses it, without a log line."""
    client = connect(events_max_pending=40)
    endpoint.delay = 0.1
    for _ in range(30):
        answer()
        until(lambda: client._event_processor._inbox.empty())
    client.close()

    stats = counted()
    assert 0 == stats.pending
    assert 30 * OF_A_RUN == len(endpoint.metrics()) + stats.dropped.get("buffer_full", 0)
    assert {"buffer_full"} >= set(stats.dropped)


def test_g3_what_closing_could_not_send_is_counted(connect: Any, endpoint: EventsEndpoint) -> None:
    """As is what comes after."""
    client = connect()
    endpoint.answer = 500
    answer()
    client.close()
    assert {"closed": OF_A_RUN} == counted().dropped

    client.track("late", USER)
    assert {"closed": OF_A_RUN + 1} == counted().dropped
    assert not flush(1)


def test_g2_what_the_sdk_had_before_arrives_too(endpoint: EventsEndpoint) -> None:
    """Its own processor, whose place is taken, sends what it has."""
    with client_for(endpoint.url, flush_interval=600) as client:
        client.track("by hand", USER)
        configure(client=client, context=USER)
        answer()

        assert flush(10)
        assert 1 == len(endpoint.metrics("by hand"))


def test_g2_what_reaches_the_sdks_own_processor_too_late_is_handed_on(endpoint: EventsEndpoint) -> None:
    """Another thread had just looked the processor up."""
    with client_for(endpoint.url, flush_interval=600) as client:
        late: Any = client._event_processor
        configure(client=client, context=USER)
        answer()
        client._event_processor, new = late, client._event_processor
        client.track("late", USER)
        client._event_processor = new

        assert flush(10)
        assert 1 == len(endpoint.metrics("late"))


def test_g2_a_client_that_only_the_callers_tracker_knows(endpoint: EventsEndpoint) -> None:
    """`track_stream(tracker)`, say, with nothing configured."""
    with client_for(endpoint.url, flush_interval=600) as client:
        tracker = LDAIClient(client).completion_config(KEY, USER).create_tracker()
        with track_stream(tracker) as stream:
            list(stream.wrap(iter(["hi"])))

        assert flush(10)
        assert 1 == len(endpoint.metrics("$ld:ai:generation:success"))


@pytest.mark.parametrize("compressed", [False, True])
def test_g2_the_processor_in_an_apps_own_config(endpoint: EventsEndpoint, compressed: bool) -> None:
    """It tells from the first event on, also where bodies are compressed."""
    options = {"event_processor_class": confirming_event_processor, "enable_event_compression": compressed}
    with client_for(endpoint.url, flush_interval=600, **options) as client:
        client.track("by hand", USER)

        assert flush(10)
        assert 1 == len(endpoint.metrics("by hand"))


def test_g2_flushes_of_many_threads_are_true_of_their_own_events(connect: Any, endpoint: EventsEndpoint) -> None:
    """Each finds its own among what has arrived."""
    client = connect()
    wrong: list[str] = []

    def work(name: str) -> None:
        for turn in range(15):
            key = f"{name} {turn}"
            client.track(key, USER)
            if not flush(30) or not any(event["key"] == key for event in endpoint.metrics()):
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(f"thread {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [] == wrong


@pytest.mark.anyio
async def test_g2_a_cancelled_aflush_does_not_wait(connect: Any, endpoint: EventsEndpoint) -> None:
    """The thread that does the waiting is left behind."""
    connect()
    endpoint.open.clear()
    answer()

    with anyio.move_on_after(0.1) as scope:
        await aflush(60)
    assert scope.cancelled_caught
    endpoint.open.set()


def test_g2_an_sdk_that_is_another_inside_keeps_its_own_way(
    endpoint: EventsEndpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Then delivery cannot be confirmed, which is said once, and everything else works."""
    caplog.set_level(logging.WARNING, "ldtrack")
    monkeypatch.setattr(processors, "_inside", lambda: None)
    with client_for(endpoint.url, event_processor_class=confirming_event_processor) as client:
        configure(client=client, context=USER)
        answer()

        assert DefaultEventProcessor is type(client._event_processor)
        assert (False, False) == (flush(5), flush(5))
        assert 1 == len([warning for warning in warnings_of(caplog) if "cannot confirm" in warning])
        assert until(lambda: 1 == len(endpoint.metrics("$ld:ai:generation:success")))
    assert DeliveryStats() == processors.stats()
