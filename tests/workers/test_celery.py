"""G3: Celery's prefork workers, through its signals, with the filesystem as broker."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from events_endpoint import EventsEndpoint
from workers.recipes import SUCCESS, engine, until, write_recipe

TASKS = 10
APP = """
from celery import Celery
from tracking_app import *

import celery_hooks

{configure}
app = Celery("app", broker="filesystem://")
app.conf.broker_transport_options = {{name: "queue" for name in ("data_folder_in", "data_folder_out")}}
app.conf.broker_transport_options["control_folder"] = "control"
app.conf.worker_hijack_root_logger = False

@app.task
def ask(number):
    text = answer("question").text
    with open(f"done/{{number}}", "w") as file:
        file.write(text)

if __name__ == "__main__":
    for number in range({tasks}):
        ask.delay(number)
"""
CLIENTS = {"a factory": "set_up()", "a client": "configure(client=make_client(), context=USER)"}


@pytest.mark.skipif(sys.platform == "win32", reason="Celery forks")
@pytest.mark.parametrize("configure", CLIENTS.values(), ids=CLIENTS)
def test_g3_celery(endpoint: EventsEndpoint, tmp_path: Path, configure: str) -> None:
    """A warm shutdown delivers what its processes have tracked."""
    write_recipe(tmp_path, "celery_hooks.py")
    (tmp_path / "app.py").write_text(APP.format(configure=configure, tasks=TASKS), encoding="utf-8")
    for folder in ("queue", "control", "done"):
        (tmp_path / folder).mkdir()
    arguments = ["celery", "-A", "app", "worker", "--concurrency", "2", "--pool", "prefork", "--without-mingle"]
    with engine(endpoint, tmp_path, *arguments), engine(endpoint, tmp_path, "app") as sender:
        sender.wait(60)
        assert until(lambda: TASKS == len([*(tmp_path / "done").iterdir()]))

    assert TASKS == len(endpoint.metrics(SUCCESS))
