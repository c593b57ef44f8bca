"""Where the recorded provider traffic is: beside the repository, never in it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parent.parent
MISSING = "no recorded traffic: set LDTRACK_CORPUS to its folder, or put it at ../shared/corpus beside the repository"


def corpus_folder() -> Path | None:
    """Return the folder of recorded cases, or None where this machine has none."""
    folder = Path(os.environ.get("LDTRACK_CORPUS") or ROOT.parent / "shared" / "corpus")
    return folder if any(folder.glob("*.json")) else None
