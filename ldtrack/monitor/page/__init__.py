"""The page: what the Monitoring tab would show, a run list, and switches for the configs."""

from __future__ import annotations

from ldtrack.monitor.page._page import add_page

__all__ = ["add_page"]
