"""The pytest plugin (H3), as an app's tests use it: in a pytest of its own, beside other plugins."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

APP = """
import pytest
from ldtrack import tracked

@pytest.fixture
def ldtrack_configs():
    return {"chat": {"model": {"name": "tiny"}}}

@tracked("chat")
def answer():
    return {"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 34, "total_tokens": 46}}

@tracked("chat")
async def answer_later():
    return answer.__wrapped__()
"""
GOOD = """
@pytest.mark.parametrize("turn", range(8))
def test_one_run_each(ldtrack_local, turn):
    answer()
    ldtrack_local.runs().only("chat").succeeded().with_tokens(input=12, output=34)

@pytest.mark.anyio
async def test_async(ldtrack_local, ldtrack_clock):
    await answer_later()
    assert "test-user" == ldtrack_local.runs().only("chat").with_duration(0).record.context.key
"""
BAD = """
def test_wrong_tokens(ldtrack_local):
    answer()
    ldtrack_local.runs().only("chat").with_tokens(input=13)
"""
OVERRIDDEN = """
from ldclient import Context

@pytest.fixture
def ldtrack_context():
    return Context.create("ann")

@pytest.fixture
def ldtrack_local(ldtrack_local):
    ldtrack_local.set("chat", {"_ldMeta": {"variationKey": "mine"}, "model": {"name": "other"}})
    return ldtrack_local

def test_own_fixtures(ldtrack_local):
    answer()
    run = ldtrack_local.runs().only("chat").with_model("other").with_variation("mine")
    assert "ann" == run.record.context.key
"""


def run_pytest(folder, source, *arguments):
    """Run a test file, with the installed plugins and none of this suite's settings."""
    (folder / "test_app.py").write_text(APP + source, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder), *arguments, "test_app.py"]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return ran.returncode, ran.stdout + ran.stderr


def test_h3_the_plugin_is_found_by_its_entry_point():
    """Nobody has to name it."""
    assert ["ldtrack.testing.plugin"] == [
        entry.value for entry in entry_points(group="pytest11") if entry.name == "ldtrack"
    ]


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_h3_the_fixtures_serve_sync_and_async_tests(arguments, tmp_path):
    """Each test sees its own runs; anyio's plugin and xdist do not mind."""
    code, printed = run_pytest(tmp_path, GOOD, *arguments)

    assert 0 == code, printed
    assert "10 passed" in printed  # on asyncio and trio


def test_h3_async_tests_of_pytest_asyncio(tmp_path):
    """Its tests use the fixtures as others do."""
    code, printed = run_pytest(tmp_path, GOOD.replace("mark.anyio", "mark.asyncio"), "-p", "no:anyio")

    assert 0 == code, printed
    assert "9 passed" in printed


def test_h3_a_failure_shows_the_table_and_the_line_of_the_test(tmp_path):
    """Not the inside of the kit."""
    code, printed = run_pytest(tmp_path, BAD)

    assert 1 == code
    assert "input tokens: expected 13, recorded 12" in printed
    assert "chat    default    success" in printed
    assert re.search(r"^> +ldtrack_local\.runs\(\)", printed, re.MULTILINE)
    assert "_assertions.py" not in printed


def test_h3_own_fixtures_build_on_the_plugins(tmp_path):
    """Configs, context and the local client can each be overridden."""
    code, printed = run_pytest(tmp_path, OVERRIDDEN)

    assert 0 == code, printed


def test_h3_switches_of_the_environment_do_not_count(tmp_path, monkeypatch):
    """A machine on which tracking is off can test it."""
    monkeypatch.setenv("LDTRACK_DISABLED", "1")
    monkeypatch.setenv("LDTRACK_LOCAL", "http://127.0.0.1:9")
    code, printed = run_pytest(tmp_path, OVERRIDDEN)

    assert 0 == code, printed


def test_h3_the_plugin_can_be_left_out(tmp_path):
    """As any can."""
    code, printed = run_pytest(tmp_path, OVERRIDDEN, "-p", "no:ldtrack")

    assert 1 == code
    assert "recursive dependency" in printed


def test_h3_the_kit_needs_no_pytest():
    """Other test runners use it, too; and the plugin imports no SDK before a fixture is asked for."""
    script = "import sys; sys.modules['pytest'] = None; import ldtrack.testing"
    subprocess.run([sys.executable, "-c", script], check=True)
