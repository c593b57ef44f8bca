"""G3: workers of web servers that end on SIGTERM have delivered every run of a finished request."""

from __future__ import annotations

from pathlib import Path

import pytest

from events_endpoint import EventsEndpoint
from workers.recipes import SUCCESS, free_port, write_recipe
from workers.web_servers import CLIENTS, REQUESTS, WSGI, served, served_by_gunicorn

ASGI = """
from tracking_app import *
from web_app import app

set_up()

@app.get("/ask")
def ask():
    return answer("question").text

@app.get("/ask-async")
async def ask_async():
    return (await answer_async()).text
"""


@pytest.mark.parametrize("path", ["/ask", "/ask-async"])
@pytest.mark.parametrize("workers", [1, 2])
def test_g3_uvicorn(endpoint: EventsEndpoint, tmp_path: Path, workers: int, path: str) -> None:
    """Through the lifespan, one process or several."""
    write_recipe(tmp_path, "web_app.py")
    (tmp_path / "served.py").write_text(ASGI, encoding="utf-8")
    port = free_port()
    arguments = ["uvicorn", "served:app", "--port", str(port), "--workers", str(workers)]

    assert REQUESTS == served(endpoint, tmp_path, *arguments, port=port, path=path)
    assert REQUESTS == len(endpoint.metrics(SUCCESS))


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["loaded by each worker", "preloaded"])
@pytest.mark.parametrize("configure", CLIENTS.values(), ids=CLIENTS)
def test_g3_gunicorn(endpoint: EventsEndpoint, tmp_path: Path, configure: str, preload: list[str]) -> None:
    """Prefork, without any hook."""
    (tmp_path / "served.py").write_text(WSGI.format(configure=configure), encoding="utf-8")

    assert REQUESTS == served_by_gunicorn(endpoint, tmp_path, *preload)
    assert REQUESTS == len(endpoint.metrics(SUCCESS))


def test_g3_gunicorn_with_threads(endpoint: EventsEndpoint, tmp_path: Path) -> None:
    """Several requests at once need the client first."""
    (tmp_path / "served.py").write_text(WSGI.format(configure=CLIENTS["a client"]), encoding="utf-8")

    assert REQUESTS == served_by_gunicorn(endpoint, tmp_path, "--threads", "4", "--preload")
    assert REQUESTS == len(endpoint.metrics(SUCCESS))


def test_g3_gunicorn_with_the_sdks_own_hook(endpoint: EventsEndpoint, tmp_path: Path) -> None:
    """The client is started anew by the hook, and not once more."""
    write_recipe(tmp_path, "gunicorn.conf.py")
    (tmp_path / "served.py").write_text(WSGI.format(configure=CLIENTS["the SDK's singleton"]), encoding="utf-8")

    assert REQUESTS == served_by_gunicorn(endpoint, tmp_path, "--preload")
    assert REQUESTS == len(endpoint.metrics(SUCCESS))


def test_g3_gunicorn_with_uvicorns_workers(endpoint: EventsEndpoint, tmp_path: Path) -> None:
    """Through the lifespan."""
    write_recipe(tmp_path, "web_app.py")
    (tmp_path / "served.py").write_text(ASGI, encoding="utf-8")

    assert REQUESTS == served_by_gunicorn(endpoint, tmp_path, "--worker-class", "uvicorn_worker.UvicornWorker")
    assert REQUESTS == len(endpoint.metrics(SUCCESS))
