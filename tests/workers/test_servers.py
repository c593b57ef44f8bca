"""G3: workers of web servers that end on SIGTERM have delivered every run of a finished request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from events_endpoint import EventsEndpoint
from workers.recipes import SUCCESS, asked, engine, free_port, until, write_recipe

REQUESTS = 20
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
WSGI = """
from tracking_app import *

{configure}

def app(environ, start_response):
    text = answer("question").text.encode()
    start_response("200 OK", [("content-length", str(len(text)))])
    return [text]
"""


def served(endpoint: EventsEndpoint, folder: Path, *arguments: str, port: int, path: str = "/ask") -> int:
    """Start a server, ask it often, and end it; gives how many requests were answered."""
    with engine(endpoint, folder, *arguments), ThreadPoolExecutor(4) as pool:
        assert until(lambda: asked(port, path))
        answers = list(pool.map(lambda _: asked(port, path), range(REQUESTS - 1)))
    return 1 + sum(map(bool, answers))


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


CLIENTS = {
    "a factory": "set_up()",
    "a client": "configure(client=make_client(), context=USER)",
    "the SDK's singleton": "import ldclient; ldclient.set_config(make_client()._config); configure(context=USER)",
}


@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["loaded by each worker", "preloaded"])
@pytest.mark.parametrize("configure", CLIENTS.values(), ids=CLIENTS)
def test_g3_gunicorn(endpoint: EventsEndpoint, tmp_path: Path, configure: str, preload: list[str]) -> None:
    """Prefork, without any hook."""
    (tmp_path / "served.py").write_text(WSGI.format(configure=configure), encoding="utf-8")
    port = free_port()
    arguments = ["gunicorn", "served:app", "--bind", f"127.0.0.1:{port}", "--workers", "2", *preload]

    assert REQUESTS == served(endpoint, tmp_path, *arguments, port=port)
    assert REQUESTS == len(endpoint.metrics(SUCCESS))


def test_g3_gunicorn_with_the_sdks_own_hook(endpoint: EventsEndpoint, tmp_path: Path) -> None:
    """The client is started anew by the hook, and not once more."""
    write_recipe(tmp_path, "gunicorn.conf.py")
    (tmp_path / "served.py").write_text(WSGI.format(configure=CLIENTS["the SDK's singleton"]), encoding="utf-8")
    port = free_port()
    arguments = ["gunicorn", "served:app", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--preload"]

    assert REQUESTS == served(endpoint, tmp_path, *arguments, port=port)
    assert REQUESTS == len(endpoint.metrics(SUCCESS))


def test_g3_gunicorn_with_uvicorns_workers(endpoint: EventsEndpoint, tmp_path: Path) -> None:
    """Through the lifespan."""
    write_recipe(tmp_path, "web_app.py")
    (tmp_path / "served.py").write_text(ASGI, encoding="utf-8")
    port = free_port()
    kind = "uvicorn_worker.UvicornWorker"
    arguments = ["gunicorn", "served:app", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--worker-class", kind]

    assert REQUESTS == served(endpoint, tmp_path, *arguments, port=port)
    assert REQUESTS == len(endpoint.metrics(SUCCESS))
