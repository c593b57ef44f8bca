"""`python -m ldtrack.demo`: the same as `ldtrack demo`."""

from __future__ import annotations

import sys

from ldtrack.cli import main

sys.exit(main(["demo", *sys.argv[1:]]))
