"""G3: a process forked while a thread holds a lock of ldtrack's does not wait for that thread for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

LOCKS = """
    import os, sys, threading
    from ldclient import Context
    from ldtrack import _clients, _run, configure, tracked
    from ldtrack.local import LocalLaunchDarkly

    local = LocalLaunchDarkly({"chat": {"model": {"name": "m"}}})
    configure(client=lambda: local.client, context=Context.create("u"))
    held, done = threading.Event(), threading.Event()

    def hold():
        with _run._joining, _clients.making():
            held.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if child:
        done.set()
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

    @tracked("chat")
    def inner():
        return "inner"

    @tracked("chat")
    def outer():
        return inner() + " and outer"

    print(outer(), len(local.runs()), flush=True)
"""

STREAM = """
    import os, sys
    from ldclient import Context
    from ldtrack import _postponed, configure, tracked
    from ldtrack._reader import end_open_streams
    from ldtrack.local import LocalLaunchDarkly

    local = LocalLaunchDarkly({"chat": {"model": {"name": "m"}}})
    configure(client=local.client, context=Context.create("u"))

    @tracked("chat")
    def stream():
        yield "a"
        yield "b"

    reading, postponed = stream(), []
    next(reading)
    _postponed.postpone(lambda: postponed.append("done"))
    child = os.fork()
    if not child:
        end_open_streams()
        list(reading)
        print("child", [run.outcome for run in local.runs()] + postponed, end=" ", flush=True)
        sys.exit()
    os.waitpid(child, 0)
    end_open_streams()
    (run,) = local.runs()
    print("parent", len(local.runs()), run.outcome, len(postponed), flush=True)
"""

BLOCK = """
    import os, sys
    from ldai import LDAIClient
    from ldclient import Context
    from ldtrack import track_stream
    from ldtrack._reader import end_open_streams
    from ldtrack.local import LocalLaunchDarkly

    local = LocalLaunchDarkly({"chat": {"model": {"name": "m"}}})
    config = LDAIClient(local.client).completion_config("chat", Context.create("u"))
    with track_stream(config.create_tracker()) as tracking:
        reading = tracking.wrap(iter(["a", "b"]))
    next(reading)
    child = os.fork()
    if not child:
        end_open_streams()
        list(reading)
        print("child", local.runs(), end=" ", flush=True)
        sys.exit()
    os.waitpid(child, 0)
    end_open_streams()
    print("parent", [run.outcome for run in local.runs()], flush=True)
"""


def output_of(script: str) -> str:
    """What a script prints in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_g3_a_fork_while_a_thread_holds_our_locks() -> None:
    """Joined calls and client factories work in the child."""
    assert "inner and outer 1" == output_of(LOCKS)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_g3_a_stream_that_was_open_at_the_fork_ends_in_the_parent_only() -> None:
    """The child has it, too, and what had been postponed; neither is the child's to send."""
    assert "child [] parent 1 success 1" == output_of(STREAM)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_g3_a_block_that_was_left_before_the_fork_ends_in_the_parent_only() -> None:
    """Its stream was handed on, to be read later: by the parent."""
    assert "child [] parent ['success']" == output_of(BLOCK)
