"""Web servers that the tests start, ask and end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from events_endpoint import EventsEndpoint
from workers.recipes import asked, engine, free_port, until

REQUESTS = 20
WSGI = """
from tracking_app import *

{configure}

def app(environ, start_response):
    text = answer("question").text.encode()
    start_response("200 OK", [("content-length", str(len(text)))])
    return [text]
"""
"""An app for those that speak WSGI."""
CLIENTS = {
    "a factory": "set_up()",
    "a client": "configure(client=make_client(), context=USER)",
    "the SDK's singleton": "import ldclient; ldclient.set_config(make_client()._config); configure(context=USER)",
}
"""How an app may come by its client."""


def served(endpoint: EventsEndpoint, folder: Path, *arguments: str, port: int, path: str = "/ask") -> int:
    """Start a server, ask it often, and end it; gives how many requests were answered."""
    with engine(endpoint, folder, *arguments), ThreadPoolExecutor(4) as pool:
        assert until(lambda: asked(port, path))
        answers = list(pool.map(lambda _: asked(port, path), range(REQUESTS - 1)))
    return 1 + sum(map(bool, answers))


def served_by_gunicorn(endpoint: EventsEndpoint, folder: Path, *options: str) -> int:
    """The same with gunicorn, and two workers."""
    port = free_port()
    command = ["gunicorn", "served:app", "--bind", f"127.0.0.1:{port}", "--workers", "2", *options]
    return served(endpoint, folder, *command, port=port)
