"""`ldtrack verify`: call a function for real, and tell what its Monitoring tab would get, and what is missing."""

from __future__ import annotations
