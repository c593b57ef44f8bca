"""The loopback server leaves nothing behind; and what the demo says where its extra is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from ldtrack._loopback import HOST, environment, serve
from ldtrack.demo._provider import app


def test_environment_is_put_back(monkeypatch):
    """What was set is set again, what was missing is missing again."""
    monkeypatch.setenv("LDTRACK_OLD", "old")
    monkeypatch.delenv("LDTRACK_NEW", raising=False)
    with environment(LDTRACK_OLD="changed", LDTRACK_NEW="new"):
        assert ("changed", "new") == (os.environ["LDTRACK_OLD"], os.environ["LDTRACK_NEW"])

    assert ("old", None) == (os.environ["LDTRACK_OLD"], os.environ.get("LDTRACK_NEW"))


def test_loopback_traffic_takes_no_proxy(monkeypatch):
    """A machine whose traffic goes through a proxy reaches the loopback server directly, and others as before."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("no_proxy", "example.com")
    with serve(app()) as root:
        assert root.startswith(f"http://{HOST}:")
        assert f"example.com,{HOST}" == os.environ["NO_PROXY"] == os.environ["no_proxy"]
    assert ("example.com", False) == (os.environ["no_proxy"], "NO_PROXY" in os.environ)

    monkeypatch.delenv("no_proxy")
    with serve(app()):
        assert HOST == os.environ["NO_PROXY"] == os.environ["no_proxy"]


NEVER_LEFT = [
    pytest.param("scripted_provider().__enter__()", id="dropped"),
    pytest.param("kept = scripted_provider(); kept.__enter__()", id="kept"),
    pytest.param("stack = ExitStack(); stack.enter_context(scripted_provider())", id="stack"),
    pytest.param(
        "kept = scripted_provider(); kept.__enter__()\nwith scripted_provider(): pass", id="kept beside another"
    ),
]


@pytest.mark.parametrize("enter", NEVER_LEFT)
def test_a_block_that_is_never_left_does_not_keep_the_process(enter):
    """In a notebook nobody leaves the block; the process ends all the same, and quietly."""
    script = f"from contextlib import ExitStack\nfrom ldtrack.demo import scripted_provider\n{enter}"
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)

    assert (0, "", "") == (finished.returncode, finished.stdout, finished.stderr)


@pytest.mark.parametrize("missing", ["uvicorn", "starlette"])
@pytest.mark.parametrize("command", [["-c", "import ldtrack.demo"], ["-m", "ldtrack.demo"]], ids=["import", "-m"])
def test_without_the_extra_the_error_has_the_line_that_installs_it(command, missing, tmp_path):
    """Somebody who installed the bare library and imports the demo learns what it needs."""
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{missing!r}] = None\n")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    finished = subprocess.run(
        [sys.executable, *command], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60
    )

    assert 1 == finished.returncode
    assert re.search(rf"ldtrack.demo needs {missing}.*: pip install 'ldtrack\[demo\]'", finished.stderr)


def test_python_m_ldtrack_demo_is_the_demo():
    """`python -m ldtrack.demo` does what `ldtrack demo` does."""
    command = [sys.executable, "-m", "ldtrack.demo", "--help"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)

    assert "--replay" in ran.stdout
