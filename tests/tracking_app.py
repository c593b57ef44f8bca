"""An app that tracks, for tests that run it in processes of its own; `EVENTS_URL` says where its events go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Iterator
from typing import Any

from ldclient import LDClient

from corpus_folder import ROOT
from events_endpoint import EventsEndpoint, client_for
from ldtrack import configure, delivers, tracked
from support import KEY, USER, Reply, read_reply

OF_A_RUN = 6
"""Duration, success, three token counts, and the usage event of the evaluation."""


def make_client() -> LDClient:
    """A client that sends nothing by itself for as long as a test lasts."""
    return client_for(os.environ["EVENTS_URL"], flush_interval=600)


def set_up() -> None:
    """Configure this process, with a function that makes the client."""
    configure(client=make_client, context=USER)


@tracked(KEY, extractor=read_reply)
def answer(_question: str = "") -> Reply:
    """One call of the model."""
    return Reply()


@tracked(KEY, extractor=read_reply)
async def answer_async() -> Reply:
    """The same, awaited."""
    return Reply()


@delivers
def delivering(question: str = "") -> str:
    """A task that delivers before it returns; it sets up its process itself."""
    set_up()
    return answer(question).text


@tracked(KEY)
def stream() -> Iterator[str]:
    """A stream that never ends by itself."""
    while True:
        yield "word"


@tracked(KEY)
async def stream_async() -> AsyncIterator[str]:
    """The same, awaited."""
    while True:
        yield "word"


def environment(endpoint: EventsEndpoint) -> dict[str, str]:
    """What a process needs to import this module, and to find the endpoint."""
    path = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "EVENTS_URL": endpoint.url, "PYTHONWARNINGS": "ignore"}


def start(endpoint: EventsEndpoint, script: str, **options: Any) -> subprocess.Popen[str]:
    """Start a script that has imported all of this module, and is set up."""
    source = "import os, signal, sys, threading, time\nfrom tracking_app import *\n" + textwrap.dedent(script)
    command = [sys.executable, "-c", source]
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, env=environment(endpoint), **{**pipes, **options})


def finished(endpoint: EventsEndpoint, script: str) -> subprocess.CompletedProcess[str]:
    """Run such a script to its end."""
    with start(endpoint, script, start_new_session=True) as process:
        try:
            output, errors = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # its children keep the pipes open
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)
