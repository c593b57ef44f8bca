"""What the SDK's events become in the monitor, and what it does with bodies that are not the SDK's."""

from __future__ import annotations

import gzip
import json
import threading
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldclient import Context

import ldtrack
from ldtrack.monitor import _recorded
from ldtrack.monitor._received import LARGEST, BadRequestError, events_in, unpacked
from ldtrack.monitor._recorded import Recorded
from monitor_server import MonitorServer, eventually, sdk_client
from support import Reply, read_reply

EVENT: dict[str, Any] = {
    "kind": "custom",
    "key": "$ld:ai:tokens:total",
    "creationDate": 1_700_000_000_000,
    "metricValue": 8,
    "data": {"configKey": "chat", "runId": "run-1", "variationKey": "v1", "version": 3, "text": "a prompt"},
    "context": {"kind": "user", "key": "user-1", "email": "someone@example.com"},
}


def bulk(url: str, body: bytes, **headers: str) -> httpx.Response:
    """Send a payload as the SDK does."""
    return httpx.post(f"{url}/bulk", content=body, headers={"content-type": "application/json", **headers})


def payload(*events: dict[str, Any]) -> bytes:
    """Write events as the SDK does."""
    return json.dumps(events).encode()


@pytest.mark.parametrize("options", [{}, {"enable_event_compression": True}], ids=["plain", "gzipped"])
def test_what_a_decorated_function_tracks_is_shown(server: MonitorServer, options: dict[str, Any]) -> None:
    """By figures and by run, through the SDK's own client."""
    with sdk_client(server.url, **options) as client:

        @ldtrack.tracked("chat", client=client, context=Context.create("user-1"), extractor=read_reply)
        def ask(question: str) -> Reply:
            return Reply(tools=("search",))

        ask("a question that nobody must see")
        assert ldtrack.flush(10)

    (metrics,) = server.monitor.recorded.variations()
    assert ("chat", "default", 1, 3, 5, 8) == (
        metrics.config_key,
        metrics.variation_key,
        metrics.generation_success_count,
        metrics.input_tokens,
        metrics.output_tokens,
        metrics.total_tokens,
    )
    (run,) = server.monitor.recorded.latest_runs()
    assert ("tiny-1", "success", 8, ["search"]) == (run.model_name, run.outcome, run.total_tokens, run.tool_calls)
    assert 0 <= server.monitor.recorded.latest_delay_ms["chat"] < 60_000


def test_a_payload_that_comes_twice_counts_once(server: MonitorServer) -> None:
    """The SDK sends it again when it missed the answer; without an id nothing is known."""
    for _ in range(2):
        assert 202 == bulk(server.url, payload(EVENT), **{"x-launchdarkly-payload-id": "p-1"}).status_code
    assert 1 == server.monitor.recorded.event_count

    for _ in range(2):
        bulk(server.url, payload(EVENT))
    assert 3 == server.monitor.recorded.event_count


def test_only_names_and_numbers_are_kept(server: MonitorServer) -> None:
    """No text of the app's, no attribute of the context."""
    bulk(server.url, payload(EVENT, {**EVENT, "data": {"text": "not an AI config's"}}, {"kind": "identify"}))

    (run,) = server.monitor.recorded.latest_runs()
    (event,) = run.events
    assert {"configKey": "chat", "runId": "run-1", "variationKey": "v1", "version": 3} == event.data
    assert Context.create("user-1") == event.context


BAD = {
    "no JSON": (b"[{", {}, 400, "the body is not JSON"),
    "nested too deep": (b"[" * 100_000, {}, 400, "the body is not JSON"),
    "no UTF-8": (b"\xff\xfe[", {}, 400, "the body is not JSON"),
    "no list": (b"{}", {}, 400, "the body is not a list of events"),
    "no object": (b'[{"kind": "index"}, 3]', {}, 400, "event 2 is not an object"),
    "no key": (payload({**EVENT, "key": ""}), {}, 400, "event 1 has no key"),
    "no date": (payload({**EVENT, "creationDate": "now"}), {}, 400, "event 1 has no creationDate"),
    "infinite date": (payload({**EVENT, "creationDate": 1e400}), {}, 400, "event 1 has no creationDate"),
    "no gzip": (payload(EVENT), {"content-encoding": "gzip"}, 400, "the body is not gzip"),
    "cut gzip": (gzip.compress(payload(EVENT))[:-9], {"content-encoding": "gzip"}, 400, "ends too early"),
    "other encoding": (payload(EVENT), {"content-encoding": "br"}, 415, "not with Content-Encoding 'br'"),
    "other type": (payload(EVENT), {"content-type": "text/plain"}, 415, "not as 'text/plain'"),
    "too large": (b" " * (LARGEST + 1), {}, 413, "more than 16,777,216 bytes"),
    "a bomb": (gzip.compress(b" " * (LARGEST + 1)), {"content-encoding": "gzip"}, 413, "more than 16,777,216 bytes"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_payload_is_refused_in_words(server: MonitorServer, case: str) -> None:
    """And the monitor goes on; nothing of such a payload counts."""
    body, headers, status, words = BAD[case]
    answer = bulk(server.url, body, **headers)

    assert (status, True) == (answer.status_code, words in answer.text), answer.text
    assert 202 == bulk(server.url, payload(EVENT)).status_code
    assert 1 == server.monitor.recorded.event_count


def test_what_the_sdk_tells_of_itself_is_taken_and_not_kept(server: MonitorServer) -> None:
    """Its diagnostic events, as large as they may be."""
    assert 202 == httpx.post(f"{server.url}/diagnostic", json={"kind": "diagnostic-init"}).status_code
    assert 413 == httpx.post(f"{server.url}/diagnostic", content=b" " * (LARGEST + 1)).status_code
    assert 0 == server.monitor.recorded.event_count


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
fields = st.fixed_dictionaries(
    {},
    optional={name: json_values | st.just(value) for name, value in EVENT.items()},
)


@given(st.binary() | st.lists(fields | json_values).map(lambda events: json.dumps(events).encode()))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    """And what is read can be counted, and shown."""
    recorded = Recorded()
    try:
        recorded.add(events_in(unpacked(body, "")))
    except BadRequestError:
        assert 0 == recorded.event_count
    for metrics in recorded.variations():
        assert metrics.to_dict()
    assert all(run.events for run in recorded.latest_runs())


@given(st.binary())
def test_any_gzipped_body_is_unpacked_or_refused(body: bytes) -> None:
    """Whole ones come out as they were."""
    assert body == unpacked(gzip.compress(body), "gzip")
    try:
        unpacked(body, "gzip")
    except BadRequestError as exc:
        assert exc.status in (400, 413)


def test_memory_stays_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest runs go, a run keeps its first events, figures go on counting all."""
    monkeypatch.setattr(_recorded, "RUNS_KEPT", 3)
    monkeypatch.setattr(_recorded, "EVENTS_OF_A_RUN", 2)
    monkeypatch.setattr(_recorded, "_PAYLOADS_KNOWN", 2)
    recorded = Recorded()
    for run in range(5):
        for _ in range(4):
            recorded.add(events_in(payload({**EVENT, "data": {**EVENT["data"], "runId": f"run-{run}"}})))

    assert ["run-4", "run-3", "run-2"] == [run.run_id for run in recorded.latest_runs()]
    assert {2} == {len(run.events) for run in recorded.latest_runs()}
    assert (None, 20 * 8) == (recorded.run("run-1"), recorded.variations()[0].total_tokens)
    assert [True, False, True, True, True] == [recorded.is_new(name) for name in ("a", "a", "b", "c", "a")]


def test_several_clients_at_once_lose_nothing(server: MonitorServer) -> None:
    """From threads of one process, each with a client of its own."""

    def track(count: int) -> None:
        with sdk_client(server.url) as client:
            for number in range(count):
                client.track("$ld:ai:tokens:total", Context.create("u"), {"configKey": "chat", "runId": str(number)}, 1)

    threads = [threading.Thread(target=track, args=(500,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: server.monitor.recorded.event_count == 2000)
