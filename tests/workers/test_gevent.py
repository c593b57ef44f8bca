"""G3, G4: greenlets, and gunicorn's workers that run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from events_endpoint import EventsEndpoint
from needs import needs
from tracking_app import finished
from workers.recipes import SUCCESS
from workers.web_servers import CLIENTS, REQUESTS, WSGI, served_by_gunicorn

needs("gevent")


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["loaded by each worker", "preloaded"])
@pytest.mark.parametrize("configure", CLIENTS.values(), ids=CLIENTS)
def test_g3_gunicorn_with_gevents_workers(
    endpoint: EventsEndpoint, tmp_path: Path, configure: str, preload: list[str]
) -> None:
    """Prefork, without any hook."""
    (tmp_path / "served.py").write_text(WSGI.format(configure=configure), encoding="utf-8")

    assert REQUESTS == served_by_gunicorn(endpoint, tmp_path, "--worker-class", "gevent", *preload)
    assert REQUESTS == len(endpoint.metrics(SUCCESS))


def test_g3_greenlets_that_need_the_client_first_at_once(endpoint: EventsEndpoint) -> None:
    """The child of a fork replaces `threading` after ldtrack was imported, as gunicorn's gevent workers do."""
    ended = finished(
        endpoint,
        """
        configure(client=make_client(), context=USER)
        child = os.fork()
        if child:
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        from gevent import joinall, monkey, spawn
        monkey.patch_all()
        joinall([spawn(answer) for _ in range(4)], raise_error=True)
        """,
    )

    assert (0, "") == (ended.returncode, ended.stderr)
    assert 4 == len(endpoint.metrics(SUCCESS))


def test_j1_a_greenlet_joins_no_run_of_another(endpoint: EventsEndpoint) -> None:
    """Each has a context of its own."""
    ended = finished(
        endpoint,
        """
        from gevent import joinall, monkey, sleep, spawn
        monkey.patch_all()
        set_up()

        @tracked(KEY)
        def turn():
            sleep(0)
            answer()
            sleep(0)
            answer()

        joinall([spawn(turn) for _ in range(10)], raise_error=True)
        """,
    )

    assert (0, "") == (ended.returncode, ended.stderr)
    assert 10 == len(endpoint.metrics(SUCCESS))
    assert [2 * 8] * 10 == endpoint.values("$ld:ai:tokens:total")
