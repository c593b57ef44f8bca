"""`python -m ldtrack`: the command line."""

from __future__ import annotations

import sys

from ldtrack.cli import main

sys.exit(main())
