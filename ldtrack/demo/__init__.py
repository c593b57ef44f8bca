"""`ldtrack demo`: decorated functions, the real provider SDKs, and a scripted provider on the loopback interface."""

from __future__ import annotations

from ldtrack._optional import extra

with extra("demo", "ldtrack.demo"):
    from ldtrack.demo._answers import answering
    from ldtrack.demo._offline import scripted_provider

__all__ = ["answering", "scripted_provider"]
