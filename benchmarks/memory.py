"""Whether memory stays flat: `python -m benchmarks.memory [calls] [chunks]`, a million of each by default.

Prints, after each tenth, the process's resident memory in MB and how many thousands of objects Python has allocated.
Events go to a process of their own; in the last row nobody listens.
"""

from __future__ import annotations

import gc
import logging
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.calls import KEY, USER
from benchmarks.events_counter import events_counter
from benchmarks.load import client_for, decorated
from ldtrack import flush, tracked

NOBODY = "http://127.0.0.1:9"
_PENDING = 10_000
_FEW = 1_000
"""Events that wait while nobody listens: the queue is full before the first tenth is over."""
_STATM = Path("/proc/self/statm")


def resident_mb() -> float:
    """What the process has in memory now; its peak, where the system does not tell."""
    if _STATM.exists():
        return int(_STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


Tenths = list[tuple[float, float]]


def after_calls(calls: int, url: str, pending: int = _PENDING) -> Tenths:
    """Make tracked calls, as fast as they go; what is in memory after each tenth of them."""
    client = client_for(url, pending)
    call = decorated(client)
    measured = in_tenths(calls, call, lambda: flush(60))
    client.close()
    return measured


def after_chunks(chunks: int, url: str) -> Tenths:
    """Read one tracked stream of many chunks; what is in memory after each tenth of them."""
    client = client_for(url, _PENDING)
    decorated(client)  # configures

    @tracked(KEY, context=USER)
    def words() -> Iterator[str]:
        while True:
            yield "word"

    stream = words()
    measured = in_tenths(chunks, lambda: next(stream), lambda: None)
    stream.close()  # type: ignore[attr-defined]
    client.close()
    return measured


def in_tenths(number: int, step: Callable[[], Any], rest: Callable[[], Any]) -> Tenths:
    """Take all steps; measure after each tenth."""
    measured: Tenths = []
    for _ in range(10):
        for _ in range(number // 10):
            step()
        rest()
        gc.collect()
        measured.append((resident_mb(), sys.getallocatedblocks() / 1e3))
    return measured


def main(calls: int = 1_000_000, chunks: int = 1_000_000) -> None:
    """Print a row for each."""
    logging.disable(logging.CRITICAL)
    print("| what | MB after each tenth | thousands of objects |\n|---|---|---|")
    with events_counter(0.0) as url:
        for what, measured in (
            (f"{calls:,} calls", after_calls(calls, url)),
            (f"a stream of {chunks:,} chunks", after_chunks(chunks, url)),
            (f"{calls:,} calls, endpoint down", after_calls(calls, NOBODY, _FEW)),
        ):
            megabytes, objects = (" ".join(f"{figure:.0f}" for figure in column) for column in zip(*measured))
            print(f"| {what} | {megabytes} | {objects} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
