"""H1: the recorder keeps the SDK's own events, all of them and in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from ldai.client import LDAIClient
from ldclient import Context

from ldtrack.local import LocalLaunchDarkly

ANN = Context.create("ann")


def keys(local):
    """Give the keys of the recorded events."""
    return [event.key for event in local.events]


def test_h1_events_are_kept_in_order_as_the_sdk_made_them(local):
    """An event has its key, payload, number, context and time."""
    local.client.track("first", ANN, {"configKey": "support-chat"}, 12)
    local.client.track("second", ANN)
    first, second = local.events

    assert ("first", {"configKey": "support-chat"}, 12, ANN) == (
        first.key,
        first.data,
        first.metric_value,
        first.context,
    )
    assert ("second", None, None) == (second.key, second.data, second.metric_value)
    assert first.timestamp <= second.timestamp


def test_h1_only_custom_events_are_kept(local):
    """Evaluations and identifications are no custom events."""
    local.client.variation("support-chat", ANN, None)
    local.client.identify(ANN)
    local.client.track("custom", ANN)

    assert ["custom"] == keys(local)


def test_h1_events_taken_out_stay_as_they_were(local):
    """The list of events is the reader's own: later events and `clear` leave it alone."""
    local.client.track("first", ANN)
    taken = local.events
    local.client.track("second", ANN)
    local.clear()

    assert ["first"] == [event.key for event in taken]
    assert [] == local.events == local.runs() == list(local.monitoring())


def test_h1_what_is_tracked_after_close_is_lost(local):
    """As with any client, closing keeps what came before and silently loses what comes after."""
    local.client.track("before", ANN)
    local.close()
    local.close()
    local.client.track("after", ANN)

    assert ["before"] == keys(local)


def test_h1_leaving_the_block_closes_the_client():
    """As a context manager it closes at the end; the events can still be read."""
    with LocalLaunchDarkly({}) as local:
        local.client.track("inside", ANN)
    local.client.track("outside", ANN)

    assert ["inside"] == keys(local)


def test_h1_everything_counts_as_delivered_at_once(local):
    """The event processor has nothing to wait for, whatever the time-out."""
    local.client.track("one", ANN)
    local.client.flush()
    processor = local.client._event_processor  # the seam by which `ldtrack.flush` asks

    assert processor.wait_delivered(0)
    assert processor.wait_delivered(None)


def test_h1_many_threads_lose_nothing(local):
    """Runs tracked in many threads at once are all there, each with all its events."""
    ai = LDAIClient(local.client)
    config = ai.completion_config("support-chat", ANN)
    local.clear()

    def work(number):
        for _ in range(50):
            tracker = config.create_tracker()
            tracker.track_duration(number)
            tracker.track_success()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(16)))
    runs = local.runs()

    assert 1600 == len(local.events)
    assert 800 == len(runs)
    assert [number for number in range(16) for _ in range(50)] == sorted(run.duration_ms for run in runs)
    assert {"success"} == {run.outcome for run in runs}
