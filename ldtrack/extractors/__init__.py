"""Built-in readings, one module per provider, loaded when a class of that provider is first seen.

To add a provider: write a module with a `PROVIDER` (see `_provider.py`), and add a line for each top-level package
that its classes live in. No module here imports an SDK.
"""

from __future__ import annotations

PACKAGES = {
    "anthropic": "anthropic",
    "google.adk": "google_adk",
    "google.genai": "google_genai",
    "httpx": "http",
    "httpx2": "http",
    "openai": "openai",
    "requests": "http",
    "vertexai": "vertexai",
}
"""The module that knows the classes of a top-level package."""
