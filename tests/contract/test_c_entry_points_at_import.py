"""C3: entry points are loaded lazily, in a process that does nothing but import ldtrack."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLUGIN = """
from ldtrack import register_extractor
print("loaded")

@register_extractor("plugin.Reply")
def read(response): ...
"""
SCRIPT = """
import sys
sys.path.insert(0, sys.argv[1])
import ldtrack
print("imported")
print([registration.source for registration in ldtrack.registered() if registration.name == "plugin.Reply"])
"""


def test_c3_an_import_loads_no_entry_point_and_a_lookup_does(tmp_path: Path) -> None:
    """A package that registers with ldtrack can be loaded: ldtrack is there in full by then."""
    (tmp_path / "plugin.py").write_text(PLUGIN)
    info = tmp_path / "plugin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[ldtrack.extractors]\nplugin = plugin\n")

    done = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], capture_output=True, text=True, check=True)

    assert ["imported", "loaded", "['plugin']"] == done.stdout.splitlines()
