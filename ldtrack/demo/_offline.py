"""The demo's provider for code of one's own: examples and trials that need no account."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from ldtrack._loopback import environment, serve
from ldtrack.demo._provider import app


@contextmanager
def scripted_provider() -> Generator[str]:
    """Answer OpenAI's and Anthropic's SDKs on this machine; clients made in the block need no key and no address.

    It knows the questions of `ldtrack demo`, such as "How do I rent a bike for a week?", and answers any other
    politely. Gives its root URL, for clients that are to be told an address.
    """
    with serve(app()) as root, environment(**_leading_to(root)):
        yield root


def _leading_to(root: str) -> dict[str, str]:
    return {
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENAI_API_KEY": "scripted",
        "ANTHROPIC_BASE_URL": root,
        "ANTHROPIC_API_KEY": "scripted",
    }
