"""I4: what `import ldtrack` adds to `import ldai`."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

_ADDED = """
import ldai, time
begin = time.perf_counter()
import ldtrack
print((time.perf_counter() - begin) * 1_000)
"""


def import_ms(rounds: int = 9) -> float:
    """Milliseconds that `import ldtrack` takes after `import ldai`, each time in a new process."""
    command = [sys.executable, "-c", _ADDED]
    # Compiled before, as an installed package is.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times = [
        float(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)
        for _ in range(rounds)
    ]
    return statistics.median(times[1:])
