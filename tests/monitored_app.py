"""An app that a monitor watches: `python tests/monitored_app.py ADDRESS SECONDS RUNS_A_SECOND`.

It streams, fails now and then, calls tools, gets thumbs and a judge's score; when its config is off, it says so. In the
end it says how many events it tracked, and how many of these arrived.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

from ldai.providers.types import JudgeResult
from ldclient import Context

import ldtrack
from ldtrack.testing import FakeStream
from support import Reply, read_reply


def say(line: str) -> None:
    """Tell the test at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fallback(*_: Any) -> Any:
    """What the app does without AI."""
    say("fallback taken")
    return Reply()


@ldtrack.tracked("chat", extractor=read_reply, fallback=fallback)
def ask(number: int) -> Reply:
    """Answer, or fail every tenth time; each fifth time with a tool, a thumb and a score."""
    time.sleep(0.002 * (number % 7))
    if number % 10 == 9:
        raise TimeoutError
    if number % 5 == 0:
        run = ldtrack.current_run()
        run.feedback(positive=number % 15 != 0)
        run.tracker.track_judge_result(
            JudgeResult("a-judge", success=True, sampled=True, metric_key="$ld:ai:judge:relevance", score=0.75)
        )
        return Reply(tools=("search",))
    return Reply()


def fallback_stream(*_: Any) -> Iterator[Any]:
    """What the app streams without AI."""
    say("fallback taken")
    yield Reply()


@ldtrack.tracked("chat", fallback=fallback_stream)
def stream(number: int) -> Iterator[Any]:
    """Stream a few words."""
    for chunk in FakeStream("It ", "is ", "so.", input=12, output=30 + number % 9).sync():
        time.sleep(0.001 * (number % 5))
        yield chunk


@ldtrack.tracked("writer", extractor=read_reply)
def load(number: int) -> Reply:
    """Answer at once, 5 events."""
    return Reply()


def chat(number: int) -> None:
    """One round of everything."""
    with ldtrack.use_context(Context.create(f"user-{number % 3}" if number % 3 else "pro-user")):
        try:
            ask(number)
            for _ in stream(number):
                pass
        except TimeoutError:
            pass


def main(address: str, seconds: float, a_second: float, what: str) -> None:
    """Run at this rate, as many rounds as fit into so long; where the machine is slow it takes longer."""
    ldtrack.configure(local=address)
    play = {"chat": chat, "load": load}[what]
    rounds = round(seconds * a_second)
    begun = time.monotonic()
    with ldtrack.use_context(Context.create("user-1")):
        for number in range(rounds):
            play(number)
            time.sleep(max(0, begun + (number + 1) / a_second - time.monotonic()))
    ldtrack.flush(60)
    stats = ldtrack.delivery_stats()
    say(f"rounds {rounds} tracked {stats.tracked} delivered {stats.delivered}")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
