"""The loopback server leaves nothing behind."""

from __future__ import annotations

import os

from ldtrack.demo._loopback import HOST, environment, serve
from ldtrack.demo._provider import app


def test_environment_is_put_back(monkeypatch):
    """What was set is set again, what was missing is missing again."""
    monkeypatch.setenv("LDTRACK_OLD", "old")
    monkeypatch.delenv("LDTRACK_NEW", raising=False)
    with environment(LDTRACK_OLD="changed", LDTRACK_NEW="new"):
        assert ("changed", "new") == (os.environ["LDTRACK_OLD"], os.environ["LDTRACK_NEW"])

    assert ("old", None) == (os.environ["LDTRACK_OLD"], os.environ.get("LDTRACK_NEW"))


def test_loopback_traffic_takes_no_proxy():
    """A machine whose traffic goes through a proxy reaches the loopback server directly."""
    with serve(app()) as root:
        assert root.startswith(f"http://{HOST}:")
        assert HOST == os.environ["NO_PROXY"] == os.environ["no_proxy"]
