"""G3: a process forked while a thread holds a lock of ldtrack's does not wait for that thread for ever."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

SCRIPT = """
    import os, sys, threading
    from ldclient import Context
    from ldtrack import _clients, _run, configure, tracked
    from ldtrack.local import LocalLaunchDarkly

    local = LocalLaunchDarkly({"chat": {"model": {"name": "m"}}})
    configure(client=lambda: local.client, context=Context.create("u"))
    held, done = threading.Event(), threading.Event()

    def hold():
        with _run._joining, _clients._making:
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_g3_a_fork_while_a_thread_holds_our_locks() -> None:
    """Joined calls and client factories work in the child."""
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(SCRIPT)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)

    assert ("inner and outer 1", 0) == (done.stdout.strip(), done.returncode), done.stderr
