"""C4, I4: `ldtrack.local` needs nothing that is optional."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ldtrack.local

LOADED = """
import sys
import ldtrack.local
ldtrack.local.LocalLaunchDarkly({"chat": {"model": {"name": "gpt-4o"}}}).monitoring()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_c4_nothing_optional_is_imported():
    """Serving configs and reading figures loads neither rich nor PyYAML nor a provider's SDK."""
    run = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)

    assert "ldclient" in run.stdout.split()
    assert set() == {"rich", "yaml", "openai", "anthropic", "click"} & set(run.stdout.split())


@pytest.mark.parametrize("name", ldtrack.local.__all__)
def test_h1_public_names_say_what_they_are_for(name):
    """Every public name has a docstring of its own."""
    assert getattr(ldtrack.local, name).__doc__
