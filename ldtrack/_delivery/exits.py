"""What happens when the process ends: open streams are finished, and what is pending is delivered.

`multiprocessing` ends its children without `atexit`, but with finalisers of its own.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any

from ldtrack import _clients, _settings
from ldtrack._delivery.processors import own_processors, stats, wait_for
from ldtrack._log import logger
from ldtrack._reader import end_open_streams

# Before the finalisers without a priority, which come after the child's own children.
_PRIORITY = 100

_has_hooks_of: list[int] = []


def at_exit() -> None:
    """Finish open streams, and wait for the delivery for `exit_timeout` seconds, or until it failed twice."""
    end_open_streams()
    processors = own_processors()
    timeout = _settings.current.exit_timeout
    deadline = None if timeout is None else time.monotonic() + timeout
    if not processors or wait_for(processors, timeout):
        return
    if stats().pending:  # a server that restarts, or has too much to do, is back in a moment: nobody tries later
        wait_for(processors, None if deadline is None else max(0.0, deadline - time.monotonic()))
    now = stats()
    if now.pending or now.dropped:
        message = "the process ends with %d events not delivered; lost before that: %s"
        logger.warning(message, now.pending, dict(now.dropped) or "none")


def _hook(_client: object) -> None:
    """Have a child of `multiprocessing` call `at_exit`. In the child: it forgets what its parent asked for."""
    util: Any = sys.modules.get("multiprocessing.util")
    if util is None or _has_hooks_of == [os.getpid()]:
        return
    _has_hooks_of[:] = [os.getpid()]
    util.Finalize(None, at_exit, exitpriority=_PRIORITY)


def deliver_on_sigterm() -> None:
    """Let SIGTERM end the process as `sys.exit(143)` does: open runs are recorded, and what is pending is delivered.

    By default SIGTERM ends Python without running any of its code, and what was not sent yet is lost. Call this once,
    in the main thread, where nobody else handles the signal: servers such as uvicorn and gunicorn do.

    Raises:
        ValueError: Called in another thread than the main one.
        RuntimeError: Something else handles SIGTERM already.
    """
    if threading.current_thread() is not threading.main_thread():
        msg = "deliver_on_sigterm() sets a signal handler, which Python allows in the main thread only: call it there"
        raise ValueError(msg)
    present = signal.getsignal(signal.SIGTERM)
    if present not in (signal.SIG_DFL, _exit):
        msg = f"SIGTERM is handled by {present!r} already: call ldtrack.shutdown() there instead"
        raise RuntimeError(msg)
    signal.signal(signal.SIGTERM, _exit)


def _exit(signum: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signum)


atexit.register(at_exit)
_clients.when_met.append(_hook)
