"""`ldtrack demo --open`: the demo, shown in the monitor's page."""

from __future__ import annotations

import sys

import httpx
import pytest

from ldtrack.cli import main
from monitor_command import page_command
from monitor_server import eventually


def test_the_page_stays_until_ctrl_c() -> None:
    """It is opened in the browser of the environment, and shows the scenes' events while they play."""
    with page_command(
        "demo", "--open", BROWSER="echo opened %s", LDTRACK_LOCAL="http://127.0.0.1:9", COLUMNS="200"
    ) as demo:
        eventually(lambda: "Ctrl-C ends it" in demo.printed, 60)
        assert 200 == httpx.get(demo.address).status_code
        assert 0 == demo.end(), demo.printed

    assert f"opened {demo.address}\n" in demo.printed
    assert ("The page stays at" in demo.printed, "Traceback" in demo.printed) == (True, False)
    assert "shop-copy" in demo.printed


def test_without_its_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, before a scene is played."""
    monkeypatch.setitem(sys.modules, "nicegui", None)
    for name in [name for name in sys.modules if name.startswith("ldtrack.monitor")]:
        monkeypatch.delitem(sys.modules, name)
    assert 2 == main(["demo", "--open"])
    told = capsys.readouterr()
    assert ("", "ldtrack: the page needs nicegui: pip install 'ldtrack[monitor]'\n") == (told.out, told.err)
