"""A process under load, for `benchmarks/delivery.py`: `python -m benchmarks.load WAY RATE SECONDS URL PENDING`.

It makes a run at each beat of a clock, and prints as JSON how many, how long the calls took, and what ldtrack counted.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ldai import LDAIClient
from ldai_openai import get_ai_metrics_from_response
from ldclient import Config, LDClient
from ldclient.integrations.test_data import TestData

from benchmarks.calls import CONFIG, KEY, QUESTION, REPLY, USER
from ldtrack import configure, delivery_stats, tracked

EVENTS_OF_A_RUN = 6
"""The evaluation's usage event, duration, success, and three token counts."""
_RUNS_PER_FLUSH = 1000 // EVENTS_OF_A_RUN
"""About as often as ldtrack sends."""
_SLACK = 0.0005
"""A clock that sleeps for less than this is no more exact than one that does not."""


@dataclass
class Load:
    """What came of it."""

    runs: int
    seconds: float
    took_us: list[float]
    """Of each call, in microseconds."""
    dropped: dict[str, int]
    """Events that ldtrack counted as lost, by cause."""


def client_for(url: str, pending: int) -> LDClient:
    """A client over configs from memory; all that it sends goes to `url`."""
    flags = TestData.data_source()
    flags.update(flags.flag(KEY).variations(CONFIG).variation_for_all(0))
    options: Any = {"events_max_pending": pending, "diagnostic_opt_out": True}
    return LDClient(Config("sdk-key", update_processor_class=flags, events_uri=url, **options))


def by_hand(client: LDClient) -> Callable[[], Any]:
    """What LaunchDarkly's documentation tells one to write."""
    ai_client = LDAIClient(client)

    def call() -> Any:
        config = ai_client.completion_config(KEY, USER, None, {"question": QUESTION})
        if not config.enabled:
            raise RuntimeError
        return config.create_tracker().track_metrics_of(get_ai_metrics_from_response, lambda: REPLY)

    return call


def by_hand_flushing(client: LDClient) -> Callable[[], Any]:
    """The same, and a flush now and then."""
    call, made = by_hand(client), 0

    def flushing() -> Any:
        nonlocal made
        made += 1
        if made % _RUNS_PER_FLUSH == 0:
            client.flush()
        return call()

    return flushing


def decorated(client: LDClient) -> Callable[[], Any]:
    """The same with ldtrack."""
    configure(client=client, context=USER)

    @tracked(KEY)
    def call(question: str) -> Any:  # noqa: ARG001 -- ldtrack reads it
        return REPLY

    return lambda: call(QUESTION)


WAYS: dict[str, Callable[[LDClient], Callable[[], Any]]] = {
    "by hand": by_hand,
    "by hand, flushing": by_hand_flushing,
    "decorated": decorated,
}


def paced(call: Callable[[], Any], rate: float, seconds: float) -> Load:
    """Call at a rate; a call that is late is made at once, so that what was asked for is made up for."""
    took: list[float] = []
    begin = time.perf_counter()
    for number in range(int(rate * seconds)):
        ahead = begin + number / rate - time.perf_counter()
        if ahead > _SLACK:
            time.sleep(ahead)
        before = time.perf_counter()
        call()
        took.append((time.perf_counter() - before) * 1e6)
        if before - begin > seconds:
            break
    return Load(len(took), time.perf_counter() - begin, took, {})


def main(way: str, rate: str, seconds: str, url: str, pending: str) -> None:
    """Make the runs, and close the client as the SDK's documentation asks for."""
    logging.disable(logging.CRITICAL)
    client = client_for(url, int(pending))
    call = WAYS[way](client)
    load = paced(call, float(rate), float(seconds))
    client.close()
    load.dropped = dict(delivery_stats().dropped)
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main(*sys.argv[1:])
