"""G3: a process that was forked reports its own runs, and its parent goes on reporting its own."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from events_endpoint import EventsEndpoint
from tracking_app import finished

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

SUCCESS = "$ld:ai:generation:success"
FORKED = """
    import ldclient, random
    from ldtrack import delivery_stats, flush, shutdown

    def in_child(work, ending=sys.exit):
        child = os.fork()
        if not child:
            work()
            ending(0)
        _, status = os.waitpid(child, 0)
        if status:
            sys.exit(f"the child ended with {{status}}")

    {configure}
    {script}
"""
CONFIGURED = {
    "a factory": "set_up()",
    "a client": "configure(client=make_client(), context=USER)",
    "the SDK's singleton": "ldclient.set_config(make_client()._config); configure(context=USER)",
}
SCRIPTS = {
    "before the parent tracks": ("in_child(answer); answer()", 2),
    "after the parent has": ("answer(); in_child(answer)", 2),
    "with events of the parent pending": ("[answer() for _ in range(50)]; in_child(answer)", 51),
    "twice": ("answer(); in_child(lambda: (answer(), in_child(answer))); answer()", 4),
    "by two children": ("answer(); in_child(answer); in_child(answer); answer()", 4),
    "in a thread": (
        (
            "answer(); work = lambda: in_child(lambda: (answer(), flush(10)), os._exit)\n"
            "    thread = threading.Thread(target=work); thread.start(); thread.join(); answer()"
        ),
        3,
    ),
    "with threads that track meanwhile": (
        (
            "answer(); busy = threading.Thread(target=lambda: [answer() for _ in range(300)]); busy.start()\n"
            "    [in_child(answer) for _ in range(5)]; busy.join()"
        ),
        306,
    ),
    "a child that tracks nothing": ("answer(); in_child(lambda: None); answer()", 2),
    "a child that only flushes": ("answer(); in_child(lambda: flush(10)); answer()", 2),
    "a child that is shut down": ("answer(); in_child(lambda: (answer(), shutdown())); answer()", 3),
    "a child that flushes and ends at once": (
        "answer(); in_child(lambda: (answer(), flush(10)), os._exit); answer()",
        3,
    ),
}


@pytest.mark.parametrize("configure", CONFIGURED.values(), ids=CONFIGURED)
@pytest.mark.parametrize(("script", "runs"), SCRIPTS.values(), ids=SCRIPTS)
def test_g3_a_fork(endpoint: EventsEndpoint, configure: str, script: str, runs: int) -> None:
    """Each run arrives, and arrives once."""
    ended = finished(endpoint, FORKED.format(configure=configure, script=script))

    assert 0 == ended.returncode, ended.stderr
    reported = Counter(event["data"]["runId"] for event in endpoint.metrics(SUCCESS))
    assert [1] * runs == list(reported.values()), ended.stderr


@pytest.mark.parametrize("configure", CONFIGURED.values(), ids=CONFIGURED)
def test_g3_a_child_that_is_configured_itself(endpoint: EventsEndpoint, configure: str) -> None:
    """As a worker's initialiser does."""
    script = f"answer(); in_child(lambda: ({configure.replace('; ', ', ')}, answer())); answer()"
    ended = finished(endpoint, FORKED.format(configure="set_up()", script=script))

    assert 0 == ended.returncode, ended.stderr
    assert 3 == len(endpoint.metrics(SUCCESS))


def test_g3_a_child_counts_for_itself(endpoint: EventsEndpoint) -> None:
    """What its parent has tracked is none of its own."""
    script = """answer(); flush(10)
    in_child(lambda: print(delivery_stats().tracked, answer() and flush(10), delivery_stats().lost, flush=True))
    print(delivery_stats().delivered)
    """
    ended = finished(endpoint, FORKED.format(configure=CONFIGURED["a client"], script=script))

    assert 0 == ended.returncode, ended.stderr
    assert ["0 True 0", "7"] == ended.stdout.split("\n")[:2]  # a run, and the client's announcement


def test_g3_a_client_is_started_anew_once(endpoint: EventsEndpoint) -> None:
    """Not at each call."""
    script = """
    client = make_client()
    configure(client=client, context=USER)
    answer()
    original, calls = client.postfork, []
    client.postfork = lambda: (calls.append(1), original())
    in_child(lambda: (answer(), answer(), print(len(calls), flush=True)))
    """
    ended = finished(endpoint, FORKED.format(configure="pass", script=script))

    assert "1" == ended.stdout.strip(), ended.stderr


def test_g3_a_fork_while_a_sender_connects(endpoint: EventsEndpoint) -> None:
    """The first connection imports nothing any more; an import that the fork cut off could never be made again."""
    script = """
    class Slow:
        def find_spec(self, name, *_):
            if threading.current_thread() is not threading.main_thread():
                importing.set()
                time.sleep(1)

    answer()
    importing = threading.Event()
    sys.meta_path.insert(0, Slow())
    sending = threading.Thread(target=flush)
    sending.start()
    importing.wait(1)
    in_child(answer)
    sending.join()
    """
    ended = finished(endpoint, FORKED.format(configure="set_up()", script=script))

    assert (0, "") == (ended.returncode, ended.stderr)
    assert 2 == len(endpoint.metrics(SUCCESS))
