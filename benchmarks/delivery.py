"""What arrives under load, hand-written and decorated beside each other: `python -m benchmarks.delivery`.

Each row is a process of its own that makes runs at a rate, and another that counts the events it is sent.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys

from benchmarks.events_counter import events_counter, received
from benchmarks.load import EVENTS_OF_A_RUN, WAYS, Load

RATES = [100, 300, 600, 1000, 2000, 3000, 5000]
LATENCIES = [0.0, 0.2, 1.0]


def main() -> None:
    """Print a table for each latency, and then the ratio of the calls' times."""
    options = arguments()
    print(f"Python {platform.python_version()}, {platform.system()} {platform.machine()}")
    for latency in options.latency:
        table(latency, options)
    if options.repeats:
        ratios(options)


def table(latency: float, options: argparse.Namespace) -> None:
    """Print what was lost at each rate."""
    print(f"\nAnswers after {latency:g} s, events_max_pending={options.pending}, {options.seconds:g} s of load:\n")
    print("| runs/s asked | " + " | ".join(f"lost, {way}" for way in options.ways) + " | counted by ldtrack |")
    print("|---" * (len(options.ways) + 2) + "|")
    with events_counter(latency) as url:
        for rate in options.rate:
            cells, load = [], None
            for way in options.ways:
                load = loaded(way, rate, options, url)
                cells.append(lost(load, received(url)))
            print(f"| {rate} | {' | '.join(cells)} | {load.dropped if load else ''} |", flush=True)


def lost(load: Load, arrived: int) -> str:
    """Say which part of the events did not arrive, and how many runs were made if it was not what was asked for."""
    made = load.runs * EVENTS_OF_A_RUN
    return f"{made - arrived:,} of {made:,} ({(made - arrived) / made:.1%}) at {load.runs / load.seconds:.0f}/s"


def ratios(options: argparse.Namespace) -> None:
    """Print the p99 of a decorated call over a hand-written one that flushes equally often."""
    print(f"\np99 of a call, decorated over hand-written that flushes equally often; median of {options.repeats}:\n")
    print("| runs/s | ratio | decorated | by hand |\n|---|---|---|---|")
    with events_counter(0.0) as url:
        for rate in options.rate:
            pairs = [
                (p99(loaded("decorated", rate, options, url)), p99(loaded("by hand, flushing", rate, options, url)))
                for _ in range(options.repeats)
            ]
            ratio = statistics.median(ours / theirs for ours, theirs in pairs)
            ours, theirs = (statistics.median(column) for column in zip(*pairs))
            print(f"| {rate} | {ratio:.2f} | {ours:.0f} µs | {theirs:.0f} µs |", flush=True)


def loaded(way: str, rate: int, options: argparse.Namespace, url: str) -> Load:
    """Run one load in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load", way, str(rate), str(options.seconds), url, str(options.pending)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Load(**json.loads(printed))


def p99(load: Load) -> float:
    """The 99th percentile, in microseconds."""
    return statistics.quantiles(load.took_us, n=100)[98]


def arguments() -> argparse.Namespace:
    """Read what to measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delivery")
    parser.add_argument("--rate", type=int, nargs="+", default=RATES, help="runs per second")
    parser.add_argument("--latency", type=float, nargs="*", default=LATENCIES, help="seconds to an answer")
    parser.add_argument("--seconds", type=float, default=10.0, help="of load, for each figure")
    parser.add_argument("--pending", type=int, default=10_000, help="events_max_pending, the SDK's default at first")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=["by hand", "decorated"])
    parser.add_argument("--repeats", type=int, default=0, help="how often to compare the times of calls")
    return parser.parse_args()


if __name__ == "__main__":
    main()
