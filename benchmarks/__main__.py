"""Print the figures of docs/performance.md: `make bench`."""

from __future__ import annotations

import logging
import platform
import sys
from collections.abc import Callable

from benchmarks.calls import async_ratio, async_ratio_listed, sync_ratio, sync_ratio_listed
from benchmarks.imports import import_ms
from benchmarks.registry import hit_ratio, miss_ratio
from benchmarks.streams import first_token_delay_us, per_chunk_ratio, per_chunk_ratio_async

Figure = tuple[str, Callable[[], float], float, str]

FIGURES: list[Figure] = [
    ("tracked call over hand-written SDK code, `def`", sync_ratio, 1.10, "times"),
    ("tracked call over hand-written SDK code, `async def`", async_ratio, 1.10, "times"),
    ("the same with a list in place of the SDK's event queue, `def`", sync_ratio_listed, 1.15, "times"),
    ("the same with a list in place of the SDK's event queue, `async def`", async_ratio_listed, 1.15, "times"),
    ("cost per chunk over a minimal driver's, generator", per_chunk_ratio, 2.0, "times"),
    ("cost per chunk over a minimal driver's, async generator", per_chunk_ratio_async, 2.0, "times"),
    ("delay of the first token", first_token_delay_us, 20.0, "µs"),
    ("registry look-up over one in a dict, a type that is known", hit_ratio, 20.0, "times"),
    ("registry look-up over one in a dict, a type that nobody reads", miss_ratio, 40.0, "times"),
    ("`import ldtrack` after `import ldai`", import_ms, 30.0, "ms"),
]


def main() -> int:
    """Measure everything and print a table; 1 if a figure is over its limit."""
    logging.getLogger("ldtrack").setLevel(logging.ERROR)
    logging.getLogger("ldclient").setLevel(logging.CRITICAL)  # it says that nobody takes the events
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}\n")
    print("| what | measured | limit |")
    print("|---|---|---|")
    over = 0
    for what, measure, limit, unit in FIGURES:
        measured = measure()
        over += measured > limit
        print(f"| {what} | {measured:.2f} {unit} | {limit:g} {unit} |", flush=True)
    print(f"\n{over} over the limit" if over else "\nall within their limits")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
