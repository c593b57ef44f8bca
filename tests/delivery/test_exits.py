"""G3: however a process ends in which Python still runs, the events of all finished runs arrive."""

from __future__ import annotations

import re
import signal
import time

import pytest

from events_endpoint import EventsEndpoint
from tracking_app import OF_A_RUN, finished, start

SUCCESS = "$ld:ai:generation:success"
ENDINGS = {
    "its last line": ("set_up(); answer(); answer()", 0),
    "sys.exit": ("set_up(); answer(); answer(); sys.exit(3)", 3),
    "an exception": ("set_up(); answer(); answer(); raise ValueError", 1),
    "SIGINT": (
        # Whoever starts a process in the background may have it ignore the signal.
        (
            "signal.signal(signal.SIGINT, signal.default_int_handler); set_up(); answer(); answer()\n"
            "signal.raise_signal(signal.SIGINT)"
        ),
        -signal.SIGINT,
    ),
    "a thread": ("set_up(); threading.Thread(target=lambda: (time.sleep(0.2), answer())).start(); answer()", 0),
    "a daemon thread": (
        "set_up(); thread = threading.Thread(target=answer, daemon=True); thread.start(); thread.join(); answer()",
        0,
    ),
    "a client of one's own": ("configure(client=make_client(), context=USER); answer(); answer()", 0),
    "a client that is closed before": (
        (
            "import atexit; client = make_client(); configure(client=client, context=USER)\n"
            "atexit.register(client.close); answer(); answer()"
        ),
        0,
    ),
    "the SDK's singleton": (
        "import ldclient; configure(context=USER); ldclient.set_config(make_client()._config); answer(); answer()",
        0,
    ),
    "shutdown": ("from ldtrack import shutdown; set_up(); answer(); answer(); shutdown(); shutdown()", 0),
    "shutdown, and a client anew": ("from ldtrack import shutdown; set_up(); answer(); shutdown(); answer()", 0),
    "trio": (
        "import trio\nasync def main(): await answer_async(); await answer_async()\nset_up(); trio.run(main)",
        0,
    ),
}


@pytest.mark.parametrize(("script", "status"), ENDINGS.values(), ids=ENDINGS)
def test_g3_a_process_that_ends(endpoint: EventsEndpoint, script: str, status: int) -> None:
    """Two runs were finished, and nobody flushed."""
    ended = finished(endpoint, script)

    assert status == ended.returncode, ended.stderr
    assert [2, 2 * OF_A_RUN] == [len(endpoint.metrics(SUCCESS)), len(endpoint.metrics()) - announced(endpoint)]


def announced(endpoint: EventsEndpoint) -> int:
    """How many AI clients said that they exist, which belongs to no run."""
    return len(endpoint.metrics("$ld:ai:sdk:info"))


OPEN = """
    import asyncio
    set_up()

    async def main():
        reading = stream_async()
        print(await anext(reading))
        await answer_async()
        {}

    reading = stream()
    next(reading)
    asyncio.run(main())
"""


@pytest.mark.parametrize("ending", ["pass", "await reading.aclose()", "globals()['kept'] = reading"])
def test_g3_streams_that_are_open_at_the_end(endpoint: EventsEndpoint, ending: str) -> None:
    """They count as left by their reader, after output: a success."""
    ended = finished(endpoint, OPEN.format(ending))

    assert 0 == ended.returncode, ended.stderr
    assert 3 == len(endpoint.metrics(SUCCESS))
    assert 2 == len(endpoint.metrics("$ld:ai:tokens:ttf"))


def test_g3_an_exit_while_all_senders_are_busy(endpoint: EventsEndpoint) -> None:
    """What waits for a sender is delivered, too; the SDK's own processor loses it."""
    endpoint.delay = 0.3
    script = "set_up(); [answer() for _ in range(2000)]"
    ended = finished(endpoint, script)

    assert 0 == ended.returncode, ended.stderr
    assert 2000 == len(endpoint.metrics(SUCCESS))


def test_g3_the_end_waits_no_longer_than_it_may(endpoint: EventsEndpoint) -> None:
    """The endpoint hangs; a log line tells what was left behind."""
    endpoint.open.clear()
    begin = time.monotonic()
    ended = finished(endpoint, "set_up(); configure(exit_timeout=0.5); answer()")

    assert 0 == ended.returncode
    assert 0.5 <= time.monotonic() - begin < 20
    assert re.search(rf"ends with {OF_A_RUN + 1} events not delivered", ended.stderr)  # one of them the announcement


def test_g3_an_endpoint_that_is_away_for_a_moment_at_the_end(endpoint: EventsEndpoint) -> None:
    """The SDK tries twice within a second; so does the end of the process, since there is no later."""
    endpoint.script = [503, 503]
    ended = finished(endpoint, "set_up(); answer()")

    assert (0, 3) == (ended.returncode, endpoint.requests), ended.stderr
    assert 1 == len(endpoint.metrics(SUCCESS))


def test_g3_an_endpoint_that_stays_away_does_not_keep_the_process(endpoint: EventsEndpoint) -> None:
    """It ends after the second failure, long before its time is up, and says what it leaves behind."""
    endpoint.answer = 503
    begin = time.monotonic()
    ended = finished(endpoint, "set_up(); configure(exit_timeout=60); answer()")

    assert (4, True) == (endpoint.requests, time.monotonic() - begin < 30)
    assert f"ends with {OF_A_RUN + 1} events not delivered" in ended.stderr


def test_g3_what_python_cannot_see_loses(endpoint: EventsEndpoint) -> None:
    """`os._exit`, and SIGTERM where nobody handles it: documented, and nothing that a library could help."""
    ended = finished(endpoint, "set_up(); answer(); os._exit(0)")
    killed = finished(endpoint, "set_up(); answer(); os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)")

    assert (0, -signal.SIGTERM) == (ended.returncode, killed.returncode)
    assert [] == endpoint.metrics()


def test_g3_deliver_on_sigterm(endpoint: EventsEndpoint) -> None:
    """With the handler, a process that is told to end delivers first, also what was still open."""
    script = """
        from ldtrack import deliver_on_sigterm
        set_up()
        deliver_on_sigterm()
        answer()
        reading = stream()
        next(reading)
        print("ready", flush=True)
        while True:
            time.sleep(0.05)  # a signal that comes right before a system call does not wake it
    """
    with start(endpoint, script) as process:
        assert process.stdout
        assert "ready\n" == process.stdout.readline()
        process.terminate()
        process.communicate(timeout=30)

    assert 128 + signal.SIGTERM == process.returncode
    assert 2 == len(endpoint.metrics(SUCCESS))


MISTAKES = {
    "another thread": ("threading.Thread(target=attempt).start()", "ValueError: deliver_on_sigterm() sets a signal"),
    "a handler that is there": (
        "signal.signal(signal.SIGTERM, lambda *_: None); attempt()",
        "RuntimeError: SIGTERM is handled by",
    ),
    "twice": ("attempt(); attempt()", ""),
}


@pytest.mark.parametrize(("script", "message"), MISTAKES.values(), ids=MISTAKES)
def test_g3_deliver_on_sigterm_where_it_cannot_be(endpoint: EventsEndpoint, script: str, message: str) -> None:
    """It says why, and what to do; twice is as good as once."""
    attempt = """
        from ldtrack import deliver_on_sigterm
        def attempt():
            try:
                deliver_on_sigterm()
            except Exception as exc:
                print(f"{type(exc).__name__}: {exc}")
    """
    ended = finished(endpoint, attempt + "\n        " + script)

    assert 0 == ended.returncode, ended.stderr
    assert ended.stdout.startswith(message)
    assert bool(message) == bool(ended.stdout)


CHILDREN = """
    import multiprocessing
    context = multiprocessing.get_context({method!r})

    def work():
        {configure}
        answer()
        reading = stream()
        next(reading)
        globals()["kept"] = reading
        {more}

    if __name__ == "__main__":
        {before}
        child = context.Process(target=work)
        child.start()
        child.join()
        print(child.exitcode)
"""


@pytest.mark.parametrize("before", ["pass", "set_up()", "set_up(); answer()"])
@pytest.mark.parametrize(
    "more", ["pass", "sys.exit(0)", "grandchild = context.Process(target=answer); grandchild.start()"]
)
def test_g3_a_forked_child_that_ends(endpoint: EventsEndpoint, before: str, more: str) -> None:
    """`multiprocessing` ends it without `atexit`; children of its own deliver, too."""
    ended = finished(endpoint, CHILDREN.format(method="fork", configure="set_up()", before=before, more=more))

    assert "0" == ended.stdout.strip(), ended.stderr
    assert 2 + before.count("answer") + more.count("answer") == len(endpoint.metrics(SUCCESS))
